import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { endUnderAbort, runaway } from "./aborted-attempt.ts";
import { startAttemptAbort } from "./attempt-abort.ts";
import { type RunEnd, threw } from "../lifecycle/attempt-end.ts";
import type { Attempt } from "../idempotency/claim.ts";
import type { Delivery } from "../delivery.ts";
import type { RunContext } from "./handler.ts";
import { runInTransaction } from "../idempotency/transaction.ts";
import type { Worker } from "../worker.ts";

/**
 * Runs the handler until it ends, or until it has ignored its signal for longer than a grace period.
 *
 *     |------- timeoutMs -------|-- ABORT_GRACE_MS --|
 *     start                     signal fires         runaway: answered, and settled only where that can be
 */
export async function runHandler(delivery: Delivery, attempt: Attempt, worker: Worker): Promise<RunEnd> {
  const { envelope, idempotency } = delivery;
  const abort = startAttemptAbort(delivery.timeoutMs, worker);
  const progress = { handling: true };
  const context: RunContext = {
    signal: abort.signal,
    idempotencyKey: envelope.id,
    attempt: attempt.kind === "claimed" ? attempt.attempts : 1,
    enqueuedAt: envelope.enqueuedAt,
    clock: worker.clock,
    log: worker.log,
  };
  try {
    const running =
      attempt.kind === "unrecorded" && idempotency === "transaction"
        ? runInTransaction(delivery, attempt, { ...worker, context, progress })
        : runDirectly(delivery, context);
    const graceOver = abort.graceOver.then((cause) => runaway(cause, { ...progress, idempotency }));
    const end = await Promise.race([worker.calls.track(running), graceOver]);
    return end.kind === "ended" ? { kind: "ended", end: endUnderAbort(end.end, abort.cause()) } : end;
  } finally {
    abort.clear();
  }
}

async function runDirectly(delivery: Delivery, context: RunContext): Promise<RunEnd> {
  try {
    return { kind: "ended", end: await delivery.run(context) };
  } catch (error) {
    context.log.error(errorFields(error), "the handler threw");
    return { kind: "ended", end: threw(error) };
  }
}
