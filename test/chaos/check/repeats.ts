import type { BrokenPromise } from "./broken-promise.ts";
import { TOLERANCE_MS, recordOf } from "./endings.ts";
import type { Delivery, HandlerRun, Histories, TaskHistory } from "./histories.ts";

/** Why a claimed task's handler ran again. */
export type Reason =
  /** The run before said that it failed: it threw, or asked for another. */
  | "it failed"
  /** It was told to stop, its time or its process's being up, and did. */
  | "told to stop"
  /** Its process ended before its end was recorded. */
  | "crash"
  /** Its process, or the one that ran it again, stood still until its lease was over. */
  | "pause"
  /** It ignored its signal past its lease. */
  | "runaway"
  /** Firestore could not be reached when it had ended. */
  | "completion lost";

/** A run beyond a task's first. */
export interface Repeat {
  readonly n: number;
  /** Undefined when nothing explains it. */
  readonly reason: Reason | undefined;
  /** Whether the run before it had had its effect. */
  readonly afterEffect: boolean;
}

/** Handlers of the chaos fail before their effect or not at all. */
const NO_REASON_AFTER_AN_EFFECT: Reason = "it failed";

/** Every run of a claimed task's handler beyond its first, explained. */
export function explainRepeats(histories: Histories): Repeat[] {
  return histories.tasks
    .filter(({ kind }) => kind === "claim")
    .flatMap((task) =>
      task.runs.slice(1).map((_, index) => ({
        n: task.n,
        reason: explain(task, index, histories),
        afterEffect: task.runs[index]?.effectAt !== undefined,
      })),
    );
}

/** How often receivers were sent an effect that they had been sent before. */
export function countSentAgain({ tasks }: Histories): number {
  return tasks.reduce((sum, { received }) => sum + Math.max(0, received.length - 1), 0);
}

/** Handlers of claimed tasks run again only for a reason, and after their effect only when something cut them off. */
export function checkRepeats(repeats: readonly Repeat[]): BrokenPromise[] {
  return repeats
    .filter(({ reason, afterEffect }) => reason === undefined || (afterEffect && reason === NO_REASON_AFTER_AN_EFFECT))
    .map(({ n }) => ({ promise: "claimed tasks run again only for a reason", n, what: "ran again without one" }));
}

function explain(task: TaskHistory, index: number, histories: Histories): Reason | undefined {
  const run = task.runs[index];
  const next = task.runs[index + 1];
  if (!run || !next) return undefined;
  if (next.at >= leaseEndOf(next, task, histories)) return "pause";
  if (run.endedAt === undefined) return "crash";
  if (run.endedAt > next.at) return task.script === "slow" ? "runaway" : "pause";
  if (run.how === "stopped") return "told to stop";
  if (run.how !== "succeeded") return "it failed";
  const delivery = task.deliveries.findLast(({ pid, sentAt }) => pid === run.pid && sentAt <= run.at + TOLERANCE_MS);
  if (delivery?.status === 200) return undefined;
  if (run.endedAt >= leaseEndOf(run, task, histories)) return task.script === "slow" ? "runaway" : "pause";
  if (stoodStill(run, histories)) return "pause";
  if (storeFailed(run, delivery, histories)) return "completion lost";
  return delivery?.outcome === "lost" ? "crash" : undefined;
}

function leaseEndOf(run: HandlerRun, task: TaskHistory, histories: Histories): number {
  const claim = recordOf(task, histories).findLast(
    (version) =>
      version.text("state") === "running" &&
      version.number("attempts") === run.attempt &&
      version.at <= run.at + TOLERANCE_MS,
  );
  return claim ? (claim.time("claimedAt") ?? 0) + (claim.number("leaseMs") ?? 0) : Infinity;
}

const STORE_FAULTS = /^(commit-|session-dropped|firestore-restart)/;
/** The worker settles within 5 s. */
const SETTLING_MS = 6_000;

/** The worker said so, or, where its answer was not heard, a fault of Firestore struck the task at its completion. */
function storeFailed(run: HandlerRun, delivery: Delivery | undefined, { faults }: Histories): boolean {
  if (delivery?.status === 503) return true;
  return struckAtCompletion(STORE_FAULTS, run, faults);
}

/** The pause began when the handler had ended and its end was not recorded yet. */
function stoodStill(run: HandlerRun, { faults }: Histories): boolean {
  return struckAtCompletion(/^stop-long$/, run, faults);
}

function struckAtCompletion(names: RegExp, run: HandlerRun, faults: Histories["faults"]): boolean {
  const from = (run.endedAt ?? 0) - TOLERANCE_MS;
  return faults.some(
    ({ fault, at, struck }) =>
      names.test(fault) && at >= from && at <= from + SETTLING_MS && struck.includes(run.taskId),
  );
}
