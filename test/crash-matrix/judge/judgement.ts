import type { Envelope } from "../../../shared/contract/envelope.ts";
import type { Cell, CellResult, CellStory } from "../cell/cell.ts";
import { EFFECTS, MATRIX_TASKS } from "../process/matrix-handlers.ts";
import type { Story } from "../cell/story.ts";
import type { Seen } from "./observed.ts";
import type { Ending } from "../process/ending.ts";

/** How a task ended. */
interface End extends Seen {
  readonly effects: number;
}

/** Reads how a cell's task ended, and checks that against what the worker promises. */
export async function judge(story: Story, cell: Cell, told: CellStory): Promise<CellResult> {
  const { observer, task } = story;
  const keys = await effectsOf(story);
  const end = { ...(await observer.look()), effects: keys.length };
  if (keys.some((key) => key !== task.id)) observer.violations.push("an effect had another idempotency key");
  const runs = story.world.outside.runs.filter((n) => n === numberOf(task)).length;
  if (cell.scenario.task !== "claim" && cell.scenario.task !== "once" && (end.record?.attempts ?? 0) > runs) {
    observer.violations.push("an attempt was counted twice");
  }
  return { entry: entryOf(told, end), violations: [...violationsOf(end, cell)] };
}

/** The idempotency keys of the task's effects, including those of another payload under its id. */
async function effectsOf({ world, task, delivered }: Story): Promise<unknown[]> {
  const numbers = [numberOf(task), numberOf(delivered)];
  if (task.type !== MATRIX_TASKS.transaction.type) {
    return world.outside.effects.filter(({ n }) => numbers.includes(n)).map(({ idempotencyKey }) => idempotencyKey);
  }
  const { docs } = await world.db.collection(EFFECTS).where("n", "in", numbers).get();
  return docs.map((doc) => doc.get("idempotencyKey"));
}

/** A task that was cancelled had no effect, whoever was to have it; one that won the race has succeeded. */
function* violationsOfCancel({ record, effects, hasLetter }: End, { scenario }: Cell): Generator<string> {
  const mayWin = scenario.cancel === "by the subject";
  if (record?.state !== "cancelled" && !(mayWin && record?.state === "succeeded")) {
    yield `ended ${record?.state ?? "unrecorded"} in spite of a cancel`;
  }
  if (effects !== (record?.state === "succeeded" ? 1 : 0)) yield `had ${effects} effects`;
  if (hasLetter) yield "has a letter, though it was cancelled";
}

function* violationsOf(end: End, cell: Cell): Generator<string> {
  const { record, effects, hasLetter, hasConflictLetter } = end;
  const { scenario } = cell;
  if (scenario.cancel || scenario.before === "a cancel") return yield* violationsOfCancel(end, cell);
  const expected = scenario.end === "dies" ? "dead" : "succeeded";
  const mayHaveNone = scenario.task === "natural" && expected === "succeeded";
  const mayWait = scenario.task === "natural" && scenario.end === "retries" && record?.state === "waiting";
  if (!mayWait && (record ? record.state !== expected : !mayHaveNone)) {
    yield `ended ${record?.state ?? "unrecorded"}, not ${expected}`;
  }
  if (hasLetter !== (expected === "dead")) yield hasLetter ? "has a letter, though it succeeded" : "has no letter";
  if (hasConflictLetter !== (scenario.before === "another payload"))
    yield "the other payload's letter is not as it should be";

  if (expected === "dead" && effects > 0) yield "had an effect, though it is dead";
  if (expected === "succeeded" && effects === 0) yield "had no effect";
  if (effects > 1 && scenario.task !== "natural" && !mayRepeat(cell)) yield `had ${effects} effects`;
}

/** Whether a crash, or a pause past the lease, came between an outside effect and its durable completion. */
function mayRepeat({ scenario, fault, moment }: Cell): boolean {
  if (scenario.task === "transaction") return false;
  const hadEffect =
    scenario.at === "handler" ? fault.when === "after-effect" || fault.answer === "its-own" : scenario.afterEffect;
  if (!hadEffect) return false;
  if (moment.startsWith("zombie")) return true;
  if (scenario.at === "handler") return true;
  const isRecorded = scenario.at === "Commit" && fault.when === "after-effect" && fault.answer !== "its-own";
  const goesOn = fault.answer !== "gone" && fault.answer !== "nothing" && fault.answer !== "its-own";
  return !isRecorded && !goesOn;
}

/** A cell's responses and end, in the codes of the legend. */
function entryOf({ ending, others, again }: CellStory, { record, effects }: End): string {
  const answers = [ending ? codeOf(ending) : "†", ...(others ? [`(${codeOf(others)})`] : []), ...again.map(codeOf)];
  const end = record ? `${record.state.slice(0, 1).toUpperCase()}${effects}/${record.attempts}` : `N${effects}`;
  return `${answers.join(" ")} ${end}`;
}

function codeOf({ status, outcome }: Ending): string {
  if (status !== 200) return String(status);
  return outcome === "done"
    ? "ok"
    : outcome === "cancelled"
      ? "off"
      : outcome === "duplicate"
        ? "dup"
        : String(outcome);
}

function numberOf({ payload }: Envelope): unknown {
  return typeof payload === "object" && payload !== null && "n" in payload ? payload.n : undefined;
}
