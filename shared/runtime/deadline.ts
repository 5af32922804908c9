import type { Clock } from "./clock.ts";

/** Something took longer than it was given, or nobody waits for it any more. */
export class DeadlineError extends Error {
  readonly code = "DEADLINE_EXCEEDED";
}

/** How long to wait, by which clock, and for whom. */
export interface Deadline {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends the wait early: whoever asked has gone. */
  readonly signal: AbortSignal;
}

/**
 * Waits for a result, but no longer than the deadline. What was begun is left to end by itself: the clients of Google
 * Cloud take no signal, only a timeout of their own.
 *
 * @throws DeadlineError when the time is up or the signal fires.
 */
export async function withDeadline<T>(deadline: Deadline, run: () => Promise<T>): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const stopWaiting = onDeadline(deadline, (reason) => reject(new DeadlineError(reason)));
  try {
    return await Promise.race([run(), over]);
  } finally {
    stopWaiting();
  }
}

/** Waits for the deadline's time to pass, or for its signal. */
export async function pause(deadline: Deadline): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const stopWaiting = onDeadline(deadline, () => resolve());
  await over;
  stopWaiting();
}

function onDeadline({ clock, timeoutMs, signal }: Deadline, callback: (reason: string) => void): () => void {
  const gone = (): void => callback("Nobody waits for this any more.");
  if (signal.aborted) gone();
  signal.addEventListener("abort", gone, { once: true });
  const timer = clock.setTimer(timeoutMs, () => callback(`No answer within ${timeoutMs} ms.`));
  return () => {
    timer.cancel();
    signal.removeEventListener("abort", gone);
  };
}
