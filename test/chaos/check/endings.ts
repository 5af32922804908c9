import type { BrokenPromise } from "./broken-promise.ts";
import type { Histories, TaskHistory } from "./history/histories.ts";
import type { Version } from "./history/record-versions.ts";

/** How a task ended; `lost` if it hasn't. */
export type Ending = "succeeded" | "dead" | "finished" | "lost";

/** The processes read the clock at slightly different moments. */
export const TOLERANCE_MS = 50;

/** The versions of a task's record, oldest first. */
export function recordOf({ ids }: TaskHistory, { versions }: Histories): readonly Version[] {
  return [...ids].flatMap((id) => versions.get(`taskRecords/${id}`) ?? []);
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
  if (state === "succeeded" || state === "dead") return state;
  const acknowledged = task.deliveries.some(({ status }) => status === 200);
  const ranWell = task.runs.some(({ how }) => how === "succeeded");
  return task.kind === "natural" && acknowledged && ranWell ? "finished" : "lost";
}

/**
 * When a task ended, in milliseconds since the epoch: when it was acknowledged, or settled if the response was lost.
 */
export function endedAt(task: TaskHistory, histories: Histories): number | undefined {
  const settled = recordOf(task, histories).find(isTerminal)?.at ?? Infinity;
  const acknowledged = task.deliveries.filter(({ status }) => status === 200);
  const at = Math.min(settled, ...acknowledged.map(({ endedAt = Infinity }) => endedAt));
  return Number.isFinite(at) ? at : undefined;
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
  if (mustDie && ending !== "dead" && ending !== "lost") {
    broken.push({ promise: "what can't work is dead", n, what: `a task that is ${script} ended as ${ending}` });
  }
  const letters = [...ids].filter((id) => histories.versions.has(`deadLetters/${id}`));
  if (ending === "dead" && letters.length !== 1) {
    broken.push({ promise: "dead tasks leave letters", n, what: `has ${letters.length} dead letters` });
  }
  return [...broken, ...checkAcknowledgements(task, histories)];
}

/** An acknowledgement deletes the task from its queue; from then on only what is durable counts. */
function checkAcknowledgements(task: TaskHistory, histories: Histories): BrokenPromise[] {
  const settledAt = recordOf(task, histories).find(isTerminal)?.at ?? Infinity;
  const goodRuns = task.runs.filter(({ how }) => how === "succeeded");
  const ranWellAt = Math.min(...goodRuns.map(({ endedAt = Infinity }) => endedAt));
  const durableAt = task.kind === "natural" ? Math.min(settledAt, ranWellAt) : settledAt;
  return task.deliveries
    .filter(({ status, endedAt = 0 }) => status === 200 && endedAt + TOLERANCE_MS < durableAt)
    .map(({ outcome }) => ({
      promise: "2xx only when it is durable",
      n: task.n,
      what: `a ${task.kind} task was acknowledged as ${outcome} before its end was recorded`,
    }));
}
