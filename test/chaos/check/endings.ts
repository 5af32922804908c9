import type { BrokenPromise } from "./broken-promise.ts";
import type { Delivery, Histories, TaskHistory } from "./history/histories.ts";
import type { Version } from "./history/record-versions.ts";

/** How a task ended; `lost` if it hasn't. */
export type Ending = "succeeded" | "dead" | "cancelled" | "finished" | "lost";

/** The processes read the clock at slightly different moments. */
export const TOLERANCE_MS = 50;

/**
 * The versions of a task's record, oldest first. A request for a cancel is none of its own: it changes nothing of the claim
 * that it finds.
 */
export function recordOf({ ids }: TaskHistory, { versions }: Histories): readonly Version[] {
  const all = [...ids].flatMap((id) => versions.get(`taskRecords/${id}`) ?? []);
  return all.filter((version, index) => !isRequest(all[index - 1], version));
}

function isRequest(before: Version | undefined, after: Version): boolean {
  const isSameClaim = after.text("state") === "running" && after.number("fence") === before?.number("fence");
  return isSameClaim && after.time("cancelRequestedAt") !== before?.time("cancelRequestedAt");
}

export function isTerminal(version: Version | undefined): boolean {
  const state = version?.text("state");
  return state === "succeeded" || state === "dead" || state === "cancelled";
}

/**
 * How an accepted task ended. A natural task that succeeds leaves no record: a good run and an acknowledgement are
 * enough.
 */
export function endingOf(task: TaskHistory, histories: Histories): Ending {
  const last = recordOf(task, histories).at(-1);
  const state = last?.text("state");
  if (state === "succeeded" || state === "dead" || state === "cancelled") return state;
  const acknowledged = task.deliveries.some(isLast);
  const ranWell = task.runs.some(({ how }) => how === "succeeded");
  return task.kind === "natural" && acknowledged && ranWell ? "finished" : "lost";
}

/**
 * When a task ended, in milliseconds since the epoch: when it was acknowledged, or settled if the response was lost.
 */
export function endedAt(task: TaskHistory, histories: Histories): number | undefined {
  const settled = recordOf(task, histories).find(isTerminal)?.at ?? Infinity;
  const acknowledged = task.deliveries.filter(isLast);
  const at = Math.min(settled, ...acknowledged.map(({ endedAt = Infinity }) => endedAt));
  return Number.isFinite(at) ? at : undefined;
}

/** Whether a delivery was acknowledged, and not because the task goes on at a later hop. */
function isLast({ status, outcome }: Delivery): boolean {
  return status === 200 && outcome !== "rescheduled";
}

/** Every accepted task ends once, as its script says, and isn't acknowledged before that. */
export function checkEndings(histories: Histories): BrokenPromise[] {
  return histories.tasks.filter(({ ids }) => ids.size > 0).flatMap((task) => checkEnding(task, histories));
}

function checkEnding(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const { n, script, ids } = task;
  const broken: BrokenPromise[] = [];
  const ending = endingOf(task, histories);
  const mustDie = script === "poison" || script === "permanent";
  if (ids.size > 1) broken.push({ promise: "one task a key", n, what: `was accepted as ${[...ids].join(" and ")}` });
  if (ending === "lost")
    broken.push({ promise: "no task is lost", n, what: `a ${task.kind} task (${script}) has not ended` });
  if (mustDie && ending !== "dead" && ending !== "lost" && ending !== "cancelled") {
    broken.push({ promise: "what can't work is dead", n, what: `a task that is ${script} ended as ${ending}` });
  }
  const letters = [...ids].filter((id) => histories.versions.has(`deadLetters/${id}`));
  if (ending === "dead" && letters.length !== 1) {
    broken.push({ promise: "dead tasks leave letters", n, what: `has ${letters.length} dead letters` });
  }
  return [...broken, ...checkAcknowledgements(task, histories)];
}

/** An acknowledgement deletes the task from its queue; from then on only what is durable counts: its end, or its next hop. */
function checkAcknowledgements(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const record = recordOf(task, histories);
  const goodRuns = task.runs.filter(({ how }) => how === "succeeded");
  const ranWellAt = Math.min(...goodRuns.map(({ endedAt = Infinity }) => endedAt));
  const durableAt = (hop: number): number => {
    const settled = record.find((version) => isTerminal(version) || hopOf(version) > hop)?.at ?? Infinity;
    return task.kind === "natural" ? Math.min(settled, ranWellAt) : settled;
  };
  return task.deliveries
    .filter(({ status, hop, endedAt = 0 }) => status === 200 && endedAt + TOLERANCE_MS < durableAt(hop))
    .map(({ outcome }) => ({
      promise: "2xx only when it is durable",
      n: task.n,
      what: `a ${task.kind} task was acknowledged as ${outcome} before its end or its next hop was recorded`,
    }));
}

/** The hop that a record is at. */
export function hopOf(version: Version | undefined): number {
  return version?.number("hop") ?? 0;
}
