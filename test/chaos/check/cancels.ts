import type { BrokenPromise } from "./broken-promise.ts";
import { claimOf } from "./claims.ts";
import { countEffects } from "./effects.ts";
import { TOLERANCE_MS, endingOf } from "./endings.ts";
import type { Cancel, Histories, TaskHistory } from "./history/histories.ts";

/** What a cancel was answered holds, and nobody is cancelled who wasn't to be. */
export function checkCancels(histories: Histories): BrokenPromise[] {
  return histories.tasks.flatMap((task) => {
    const { n, cancels } = task;
    const broken = [
      ...checkEnding(task, histories),
      ...cancels.flatMap((cancel) => checkAnswer(task, cancel, histories)),
      ...checkConflicts(task, histories),
    ];
    return broken.map(([promise, what]) => ({ promise, n, what }));
  });
}

type Broken = readonly [promise: string, what: string];

function checkEnding(task: TaskHistory, histories: Histories): Broken[] {
  if (endingOf(task, histories) !== "cancelled") return [];
  const broken: Broken[] = [];
  if (task.cancels.length === 0) broken.push(["nothing is cancelled by itself", "was cancelled by nobody"]);
  if ([...task.ids].some((id) => histories.versions.has(`deadLetters/${id}`))) {
    broken.push(["a cancelled task leaves no letter", "has a dead letter"]);
  }
  const effects = countEffects(task, histories);
  if (task.kind === "transaction" && effects > 0) {
    broken.push(["a cancelled transaction has no effect", `had ${effects} effects`]);
  }
  return broken;
}

function checkAnswer(task: TaskHistory, cancel: Cancel, histories: Histories): Broken[] {
  const { kind, runs } = task;
  const ending = endingOf(task, histories);
  const broken: Broken[] = [];
  const must = (holds: boolean, promise: string, what: string): void => void (holds || broken.push([promise, what]));
  const late = runs.filter(({ at }) => at > cancel.at + TOLERANCE_MS).length;
  switch (cancel.status) {
    case 200:
      must(ending === "cancelled", "what is answered as cancelled is cancelled", `ended as ${ending}`);
      must(kind === "natural" || late === 0, "nothing starts after a cancel", `started ${late} times`);
      must(
        cancel.mayHaveRun || kind === "transaction" || runs.length === 0,
        "mayHaveRun is true",
        `ran ${runs.length} times`,
      );
      must(
        !isAtWork(task, cancel, histories),
        "a cancel waits for the attempt that runs",
        "was cancelled while it ran",
      );
      break;
    case 202:
      must(["succeeded", "cancelled"].includes(ending), "a requested cancel ends a task", `ended as ${ending}`);
      break;
    case 409:
      must(ending !== "cancelled", "only what has ended can't be cancelled", `ended as ${ending}`);
      break;
    default:
      must(false, "a cancel is answered", `was answered ${cancel.status}`);
  }
  return broken;
}

/** Whether a claimed attempt was at work, within its lease, all the time that the cancel took. */
function isAtWork(task: TaskHistory, { askedAt, at }: Cancel, histories: Histories): boolean {
  if (task.kind !== "claim") return false;
  return task.runs.some((run) => {
    const leaseEndsAt = claimOf(run, task, histories)?.leaseEndsAt ?? 0;
    return run.at < askedAt - TOLERANCE_MS && Math.min(run.endedAt ?? Infinity, leaseEndsAt) > at + TOLERANCE_MS;
  });
}

/** No task has another payload under its id, so that a letter for one is a mistake. */
function checkConflicts({ ids, contestant }: TaskHistory, { versions }: Histories): Broken[] {
  if (contestant !== undefined) return [];
  const letters = [...versions.keys()].filter((name) => [...ids].some((id) => name.startsWith(`deadLetters/${id}-`)));
  return letters.length === 0 ? [] : [["nobody mistakes a task for another", "has a letter of another payload"]];
}
