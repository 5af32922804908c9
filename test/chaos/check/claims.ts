import { recordOf } from "./endings.ts";
import type { HandlerRun, Histories, TaskHistory } from "./history/histories.ts";
import type { Version } from "./history/record-versions.ts";

/**
 * A handler starts only after its commit is known. All clocks are the machine's, but some are truncated to the
 * millisecond.
 */
const CLAIM_TOLERANCE_MS = 5;

/** The claim that let a handler start. */
export interface RunClaim {
  readonly claim: Version;
  readonly leaseEndsAt: number;
  /** The next version of the record; undefined if the claim is still its latest. */
  readonly after: Version | undefined;
}

/** When a running version's lease ends, by Firestore's clock. */
export function leaseEnd(version: Version): number {
  return (version.time("claimedAt") ?? 0) + (version.number("leaseMs") ?? 0);
}

/** The claim behind a handler's start: the last one with its attempt number that was made before it. */
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
