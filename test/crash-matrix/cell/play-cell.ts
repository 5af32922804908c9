import type { Cell, CellResult } from "./cell.ts";
import { Story } from "./story.ts";
import { injectFault } from "./cell-fault.ts";
import { AWAY_MS } from "./time.ts";
import { judge } from "../judge/judgement.ts";
import type { Ending } from "../process/ending.ts";
import type { World } from "../process/world.ts";

/** Each step is shorter than the wait for a lock, 20 s. */
const AWAY_STEPS = 6;

/** No task of the matrix needs more deliveries than this after the fault. */
const MAX_REDELIVERIES = 6;

/**
 * Plays one cell: the history before it, the delivery that meets the fault, and good deliveries until the task ends.
 */
export async function playCell(world: World, cell: Cell): Promise<CellResult> {
  const story = new Story(world, cell.scenario);
  const released = Promise.withResolvers<void>();
  await prepare(story, cell);
  const injected = await injectFault(story, cell, released.promise);
  const isOver = injected.ending?.status === 200 && cell.scenario.cancel !== "by the subject";
  const again = isOver ? [] : await driveToTheEnd(story, cell);
  released.resolve();
  await letGo(story, cell);
  const result = await judge(story, cell, { ...injected, again });
  const last = again.at(-1) ?? injected.ending;
  if (last?.outcome !== "duplicate") await deliverOnceMore(story, cell);
  return { ...result, violations: [...result.violations, ...story.observer.violations] };
}

/** Brings the task to the state in which the delivery that meets the fault finds it. */
async function prepare(story: Story, { scenario, moment }: Cell): Promise<void> {
  const { world, usualEnd } = story;
  if (scenario.before === "a failure") await story.deliver(world.other, { end: "retries" });
  if (scenario.before === "another payload") await story.deliverOriginal();
  if (scenario.before === "its last attempt" || scenario.before === "a cancel" || moment === "takeover") {
    await story.killAtWork();
    if (scenario.before === "a cancel") await story.cancel(world.other);
    await world.pass(AWAY_MS);
  }
  if (moment === "late") await story.deliver(world.other, { end: usualEnd });
}

/**
 * Delivers until the task is acknowledged, as the queue would, and lets leases and locks that are in the way run out.
 */
async function driveToTheEnd(story: Story, cell: Cell): Promise<Ending[]> {
  const { world, usualEnd } = story;
  const again: Ending[] = [];
  while (again.at(-1)?.status !== 200) {
    if (again.length === MAX_REDELIVERIES) throw new Error(`Never acknowledged: ${JSON.stringify(again)}.`);
    const ending = await story.deliver(world.other, { end: usualEnd });
    again.push(ending);
    if (ending.status === 409 || ending.status === 503) await passAway(world, cell);
  }
  return again;
}

/**
 * Lets leases and locks run out, so that whatever waits for them ends, unless it never can. Time passes in steps: what
 * one step sets in motion has ended, or waits again, before the next.
 */
async function passAway(world: World, { fault }: Cell): Promise<void> {
  const goingOn = outlivesItsCell(fault) ? [world.other] : [world.other, world.subject];
  for (let step = 0; step < AWAY_STEPS; step++) {
    await world.pass(AWAY_MS / AWAY_STEPS);
    for (const process of goingOn) await world.answeredOrStuck(process, process.quiet());
  }
  for (const process of goingOn) await world.endOf(process, process.quiet());
}

/** Delayed and unanswered calls resume, or fail, now that the task has ended. What was killed stays dead. */
async function letGo({ world, observer }: Story, { scenario, fault }: Cell): Promise<void> {
  const { subject } = world;
  subject.faults.calm();
  if (!outlivesItsCell(fault)) return;
  if (fault.answer !== "gone") {
    await world.endOf(subject, subject.drain());
    const neverEnds = scenario.at === "handler" && fault.answer === "nothing";
    if (!neverEnds) await world.endOf(subject, subject.quiet());
    await observer.look();
  }
  await world.replaceSubject();
}

/** Whether part of the subject's delivery is still to come after it was answered or given up. */
function outlivesItsCell({ answer }: Cell["fault"]): boolean {
  return answer === "gone" || answer === "nothing" || answer === "its-own";
}

/**
 * Cloud Tasks may redeliver an acknowledged task. That must have no effect, apart from another run if it is natural.
 */
async function deliverOnceMore(story: Story, cell: Cell): Promise<void> {
  const { world, observer, task } = story;
  const runsBefore = world.outside.runs.length;
  await driveToTheEnd(story, cell);
  const runs = world.outside.runs.length - runsBefore;
  if (runs > 0 && task.type !== "matrix.natural") observer.violations.push("a duplicate ran");
}
