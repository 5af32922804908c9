import type { Clock } from "../../../shared/runtime/clock.ts";
import { ABORT_GRACE_MS } from "../../../shared/contract/queues.ts";
import { SHUTDOWN_GRACE_MS, type Shutdown } from "./shutdown.ts";

/** Why an attempt was told to stop. */
export type AbortCause = "timeout" | "shutdown";

/** Tells one attempt to stop when its time is used up or the worker shuts down. */
export interface AttemptAbort {
  /** Fires when the work must stop. */
  readonly signal: AbortSignal;
  /** Resolves when the work has been told to stop and has not done so within its grace. */
  readonly graceOver: Promise<AbortCause>;
  /** Why the signal fired; null while it hasn't. */
  cause(): AbortCause | null;
  /** To be called when the work has ended, so that no timer is left. */
  clear(): void;
}

const REASON: Readonly<Record<AbortCause, string>> = {
  timeout: "The attempt's time is used up.",
  shutdown: "The worker is shutting down.",
};

const GRACE_MS: Readonly<Record<AbortCause, number>> = { timeout: ABORT_GRACE_MS, shutdown: SHUTDOWN_GRACE_MS };

/** Starts the time of an attempt. `timeoutMs` is in milliseconds. */
export function startAttemptAbort(timeoutMs: number, worker: { clock: Clock; shutdown: Shutdown }): AttemptAbort {
  const controller = new AbortController();
  const { promise: graceOver, resolve: endGrace } = Promise.withResolvers<AbortCause>();
  let cause: AbortCause | null = null;

  const abort = (by: AbortCause): void => {
    const first = (cause ??= by);
    controller.abort(new Error(REASON[first]));
    // A shutdown leaves less of the grace that a timeout began.
    timers.push(worker.clock.setTimer(GRACE_MS[by], () => endGrace(first)));
  };
  const timers = [worker.clock.setTimer(timeoutMs, () => abort("timeout"))];
  const onShutdown = (): void => abort("shutdown");
  worker.shutdown.signal.addEventListener("abort", onShutdown);
  if (worker.shutdown.signal.aborted) onShutdown();

  return {
    signal: controller.signal,
    graceOver,
    cause: () => cause,
    clear() {
      for (const timer of timers) timer.cancel();
      worker.shutdown.signal.removeEventListener("abort", onShutdown);
    },
  };
}
