import type { Clock } from "./clock.ts";

/** The wait ended before the work did: time was up, or nobody was waiting any more. */
export class DeadlineError extends Error {
  readonly code = "DEADLINE_EXCEEDED";
}

/** How long to wait, by which clock, and what ends the wait early. */
export interface Deadline {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Ends the wait early, for example because the caller has gone. Default: nothing does. */
  readonly signal?: AbortSignal;
}

/** The abort reason when a wait is over. Made once, since an error with its stack takes longer than a wait. */
const WAIT_OVER = new DeadlineError("Nothing is waiting for this any more.");

/**
 * Waits for work, but no longer than the deadline. Unfinished work continues, since calls of Google Cloud's clients
 * can't be cancelled.
 *
 * @throws DeadlineError when the time is up or the deadline's own signal fires.
 */
export async function withDeadline<T>(deadline: Deadline, run: () => Promise<T>): Promise<T> {
  const work = run();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const stopWaiting = onDeadline(deadline, (reason) => reject(new DeadlineError(reason)));
  try {
    return await Promise.race([work, expired]);
  } finally {
    stopWaiting();
  }
}

/**
 * The same for work that can be cancelled by a signal, which fires when the wait ends, however it ends. That also drops
 * what the work left open, such as the unread body of a response.
 *
 * @throws DeadlineError when the time is up or the deadline's own signal fires.
 */
export async function cancelAtDeadline<T>(deadline: Deadline, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const waitOver = new AbortController();
  try {
    return await withDeadline(deadline, () => run(waitOver.signal));
  } finally {
    waitOver.abort(WAIT_OVER);
  }
}

/** Waits for work to settle, but no longer than the deadline. False if it hasn't settled by then. */
export async function settlesWithin(deadline: Deadline, work: Promise<unknown>): Promise<boolean> {
  const { promise: expired, resolve } = Promise.withResolvers<false>();
  const stopWaiting = onDeadline(deadline, () => resolve(false));
  const settled = work.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, expired]);
  stopWaiting();
  return isSettled;
}

/** Waits until the deadline has passed. */
export async function pause(deadline: Deadline): Promise<void> {
  const { promise: expired, resolve } = Promise.withResolvers<void>();
  const stopWaiting = onDeadline(deadline, () => resolve());
  await expired;
  stopWaiting();
}

function onDeadline({ clock, timeoutMs, signal }: Deadline, callback: (reason: string) => void): () => void {
  const onAbort = (): void => callback("Nothing is waiting for this any more.");
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = clock.setTimer(timeoutMs, () => callback(`No response within ${timeoutMs} ms.`));
  return () => {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  };
}
