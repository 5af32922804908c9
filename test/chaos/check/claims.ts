import { recordOf } from "./endings.ts";
import type { HandlerRun, Histories, TaskHistory } from "./history/histories.ts";
import type { Version } from "./history/record-versions.ts";

/** A run begins when it knows of its commit; all clocks are the machine's, and some are cut to the millisecond. */
const CLAIM_TOLERANCE_MS = 5;

/** The claim that a run was let begin by. */
export interface RunClaim {
  readonly claim: Version;
  readonly leaseEndsAt: number;
  /** What the record said next; undefined when it says the claim to this day. */
  readonly after: Version | undefined;
}

/** When the lease of a running version ends, by Firestore's clock. */
export function leaseEnd(version: Version): number {
  return (version.time("claimedAt") ?? 0) + (version.number("leaseMs") ?? 0);
}

/** A run's claim: the last one of its number that was made before it. */
export function claimOf(run: HandlerRun, task: TaskHistory, histories: Histories): RunClaim | undefined {
  const record = recordOf(task, histories);
  const index = record.findLastIndex(
    (version) =>
      version.text("state") === "running" &&
      version.number("attempts") === run.attempt &&
      version.at <= run.at + CLAIM_TOLERANCE_MS,
  );
  const claim = record[index];
  return claim && { claim, leaseEndsAt: leaseEnd(claim), after: record[index + 1] };
}
