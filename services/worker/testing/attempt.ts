import type { Firestore, Transaction } from "@google-cloud/firestore";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { transactUnrecorded } from "../../../shared/records/task-store.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import type { HandlerEnd } from "../runner/handler.ts";
import { ABORT_REASON, GRACE_MS, startAbort } from "../runner/run-handler.ts";

/** A handler kept running after it was told to stop. */
export class StuckHandlerError extends Error {
  readonly code = "STUCK_HANDLER";
}

/**
 * Runs a handler for as long as the worker would: until it ends, or has ignored its signal for the grace period.
 *
 * @param limits.signal the worker's shutdown. The task type's timeout is the other reason to stop.
 * @throws StuckHandlerError when the grace period is over.
 */
export async function untilStuck<Result>(
  { taskType, clock, signal }: { readonly taskType: TaskType; readonly clock: Clock; readonly signal?: AbortSignal },
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { type, timeoutMs } = taskType;
  const abort = startAbort(timeoutMs, { clock, shutdown: signal });
  const stuck = abort.graceOver.then((cause) => {
    throw new StuckHandlerError(
      `${type} kept running for ${GRACE_MS[cause]} ms after its signal: ${ABORT_REASON[cause]}`,
    );
  });
  try {
    return await Promise.race([run(abort.signal), stuck]);
  } finally {
    abort.clear();
  }
}

/** Ends a transaction without a commit. */
class NothingToCommit extends Error {
  readonly result: HandlerEnd;

  constructor(result: HandlerEnd) {
    super("The handler did not succeed.");
    this.result = result;
  }
}

/** Runs a handler as the worker does, in a transaction that has read the task's record, and commits if it succeeds. */
export async function runInTransaction(
  envelope: Envelope,
  on: {
    readonly db: Firestore;
    readonly run: (transaction: Transaction) => Promise<HandlerEnd>;
  },
): Promise<HandlerEnd> {
  const { db, run } = on;
  try {
    return await transactUnrecorded(db, envelope.id, async (transaction) => {
      const result = await run(transaction);
      if (result.kind !== "succeeded") throw new NothingToCommit(result);
      return result;
    });
  } catch (error) {
    if (error instanceof NothingToCommit) return error.result;
    throw error;
  }
}
