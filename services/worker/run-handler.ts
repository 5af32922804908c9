import type { Clock } from "../../shared/clock.ts";
import { ABORT_GRACE_MS } from "../../shared/queues.ts";
import { type AttemptEnd, type RunEnd, threw } from "./attempt-end.ts";
import type { Attempt } from "./claim.ts";
import type { Delivery } from "./delivery.ts";
import type { HandlerContext } from "./handler.ts";
import type { Outcome } from "./outcome.ts";
import { runInTransaction } from "./run-in-transaction.ts";
import type { Worker } from "./worker.ts";

type AbortCause = "timeout" | "shutdown";

/**
 * Runs the handler until it ends, or until it has ignored its signal for longer than a grace period.
 *
 *     |------- timeoutMs -------|-- ABORT_GRACE_MS --|
 *     start                     signal fires         runaway: answered without settling
 */
export async function runHandler(delivery: Delivery, attempt: Attempt, worker: Worker): Promise<RunEnd> {
  const timeouts = startTimeouts(delivery.timeoutMs, worker);
  const log = worker.log.child({ taskId: delivery.envelope.id, type: delivery.envelope.type });
  const context: HandlerContext = {
    signal: timeouts.signal,
    idempotencyKey: delivery.envelope.id,
    attempt: attempt.kind === "claimed" ? attempt.attempts : 1,
    enqueuedAt: delivery.envelope.enqueuedAt,
    clock: worker.clock,
    log,
  };
  try {
    const running =
      attempt.kind === "unrecorded" && delivery.idempotency === "transaction"
        ? runInTransaction(delivery, attempt, { ...worker, context })
        : runDirectly(delivery, context);
    const end = await Promise.race([running, timeouts.graceOver]);
    return end.kind === "ended" ? { kind: "ended", end: interpret(end.end, timeouts.cause()) } : end;
  } finally {
    timeouts.clear();
  }
}

async function runDirectly(delivery: Delivery, context: HandlerContext): Promise<RunEnd> {
  try {
    return { kind: "ended", end: await delivery.run(context) };
  } catch (error) {
    context.log.error({ err: error }, "the handler threw");
    return { kind: "ended", end: threw(error) };
  }
}

/** Success and a verdict stand, however late; any other end of an aborted attempt is the abort's doing. */
function interpret(end: AttemptEnd, cause: AbortCause | null): AttemptEnd {
  if (cause === null || end.kind === "succeeded" || end.kind === "permanent") return end;
  if (cause === "shutdown") return { kind: "released" };
  return { kind: "timed-out", error: TIMED_OUT };
}

const TIMED_OUT = { code: "timeout", message: "The handler's time was used up." };

function startTimeouts(timeoutMs: number, worker: Pick<Worker, "clock" | "shutdown" | "log">) {
  const abort = new AbortController();
  const { promise: graceOver, resolve: endGrace } = Promise.withResolvers<RunEnd>();
  const timers = [startTimer(worker.clock, timeoutMs, () => fire("timeout"))];
  let cause: AbortCause | null = null;

  const fire = (by: AbortCause): void => {
    if (cause) return;
    cause = by;
    abort.abort(new Error(by === "timeout" ? TIMED_OUT.message : "The worker is shutting down."));
    timers.push(
      startTimer(worker.clock, ABORT_GRACE_MS, () => endGrace({ kind: "runaway", outcome: runawayOutcome(by) })),
    );
  };
  const onShutdown = (): void => fire("shutdown");
  worker.shutdown.signal.addEventListener("abort", onShutdown);
  if (worker.shutdown.signal.aborted) onShutdown();

  return {
    signal: abort.signal,
    graceOver,
    cause: () => cause,
    clear() {
      for (const timer of timers) timer.cancel();
      worker.shutdown.signal.removeEventListener("abort", onShutdown);
    },
  };
}

const startTimer = (clock: Clock, delayMs: number, callback: () => void) => clock.setTimer(delayMs, callback);

function runawayOutcome(cause: AbortCause): Outcome {
  if (cause === "shutdown") return { kind: "unavailable", reason: "shutting-down" };
  return { kind: "failed", error: TIMED_OUT };
}
