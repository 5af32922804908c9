import { TOLERANCE_MS } from "../endings.ts";
import type { HandlerRun, Histories, TaskHistory } from "./histories.ts";
import { type Period, isAwayWithin, isKilledWithin, pausesOf } from "./process-lives.ts";

/** Why a run's end was never recorded; each reason is a fault that was injected. */
export type LossReason =
  /** Its process was killed first. */
  | "crash"
  /** Its process was paused until its lease ended. */
  | "pause"
  /** Its handler ignored its signal past its lease, as scripted. */
  | "stuck"
  /** Firestore didn't respond when the end was due to be recorded. */
  | "completion lost";

/** A run whose claim was taken over by the next run. */
export interface TakenOver {
  readonly task: TaskHistory;
  readonly run: HandlerRun;
  readonly next: HandlerRun;
  readonly leaseEndsAt: number;
}

/** The worker settles within 5 s. */
const SETTLING_MS = 6_000;

/** What kept a run's end from being recorded; undefined if no known fault did. */
export function reasonOfLoss(takenOver: TakenOver, histories: Histories): LossReason | undefined {
  const { task, run, next, leaseEndsAt } = takenOver;
  const { at, pid, endedAt } = run;
  const from = at - TOLERANCE_MS;
  if (!wasAnswered(takenOver) && isKilledWithin(histories, pid, { from, until: next.at })) return "crash";
  if (task.script === "slow" && (endedAt ?? Infinity) >= leaseEndsAt) return "stuck";
  const until = Math.min(next.at, endedAt === undefined ? Infinity : endedAt + SETTLING_MS);
  if (stoodStill(until, takenOver, histories)) return "pause";
  if (endedAt === undefined) return undefined;
  return isStoreSilent(run, { from: endedAt - TOLERANCE_MS, until }, histories) ? "completion lost" : undefined;
}

/** Whether the worker answered every delivery that this run could belong to. */
function wasAnswered({ task, run }: TakenOver): boolean {
  const possible = task.deliveries.filter(({ pid, sentAt }) => pid === run.pid && sentAt <= run.at + TOLERANCE_MS);
  return possible.length > 0 && possible.every(({ status = 0 }) => status > 0);
}

/** A pause that began before the end was recorded and lasted until the lease ended. */
function stoodStill(recordedUntil: number, { run, leaseEndsAt }: TakenOver, histories: Histories): boolean {
  return pausesOf(histories, run.pid).some(
    ({ from, until }) => from <= recordedUntil && until + TOLERANCE_MS >= leaseEndsAt,
  );
}

/**
 * A commit that is refused or cut off is looked up and repeated; the worker gives up only when there is no response.
 */
function isStoreSilent({ taskId }: HandlerRun, during: Period, histories: Histories): boolean {
  const hangs = histories.faults.some(
    ({ fault, at, affected }) =>
      fault === "commit-hangs" && at >= during.from && at <= during.until && affected.includes(taskId),
  );
  return hangs || isAwayWithin(histories, "firestore", during);
}
