import type { Script } from "../task-types.ts";
import { TOLERANCE_MS } from "./endings.ts";
import type { HandlerRun, Histories } from "./histories.ts";
import { type Period, endsWithin, isAwayWithin, pausesOf } from "./process-lives.ts";

/** Why a run's end was never recorded, each with something that was staged. */
export type LossReason =
  /** Its process ended first. */
  | "crash"
  /** Its process stood still until its lease was over. */
  | "pause"
  /** Its handler ignored its signal past its lease, as its script says. */
  | "runaway"
  /** Firestore was struck when its end was to be recorded. */
  | "completion lost";

/** A run whose claim was taken over by the next one's. */
export interface TakenOver {
  readonly run: HandlerRun;
  readonly next: HandlerRun;
  readonly leaseEndsAt: number;
  readonly script: Script;
}

/** The worker settles within 5 s. */
const SETTLING_MS = 6_000;

/** What kept a run's end from being recorded; undefined when nothing did that is known of. */
export function reasonOfLoss(takenOver: TakenOver, histories: Histories): LossReason | undefined {
  const { run, next, leaseEndsAt, script } = takenOver;
  const { at, pid, endedAt } = run;
  const from = at - TOLERANCE_MS;
  const until = Math.min(next.at, endedAt === undefined ? Infinity : endedAt + SETTLING_MS);
  if (endsWithin(histories, pid, from, until)) return "crash";
  if (script === "slow" && (endedAt ?? Infinity) >= leaseEndsAt) return "runaway";
  if (stoodStill({ from, until }, takenOver, histories)) return "pause";
  if (endedAt === undefined) return undefined;
  return wasStoreStruck(run, { from: endedAt - TOLERANCE_MS, until }, histories) ? "completion lost" : undefined;
}

/** A pause that began while the run was not recorded yet, and lasted for as long as it could be. */
function stoodStill(during: Period, { run, leaseEndsAt }: TakenOver, histories: Histories): boolean {
  return pausesOf(histories, run.pid).some(
    ({ from, until }) => from >= during.from && from <= during.until && until + TOLERANCE_MS >= leaseEndsAt,
  );
}

const COMMIT_FAULTS = /^commit-/;

function wasStoreStruck(run: HandlerRun, during: Period, histories: Histories): boolean {
  const isStruck = histories.faults.some(({ fault, at, struck, pid }) => {
    if (at < during.from || at > during.until) return false;
    if (COMMIT_FAULTS.test(fault)) return struck.includes(run.taskId);
    // All calls of that worker are on its session.
    return fault === "session-dropped" && pid === run.pid;
  });
  return isStruck || isAwayWithin(histories, "firestore", during);
}
