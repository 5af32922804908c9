import type { Clock } from "../../../../shared/runtime/clock.ts";
import { pause } from "../../../../shared/runtime/deadline.ts";
import type { RetryLimits } from "../options.ts";

const DEFAULT_TRIES = 6;
const DEFAULT_TOTAL_MS = 60_000;

/** The first wait, in milliseconds; each later one is twice as long. */
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 10_000;

/** The sources of time and randomness. */
export interface Surroundings {
  readonly clock: Clock;
  /** Returns a number from 0 to below 1, like `Math.random`. */
  readonly random: () => number;
}

/** The tries of one call. The first has already begun. */
export interface Tries {
  /**
   * Waits until the next try is due.
   *
   * @param retryAfterMs the wait that the producer requests, in milliseconds.
   * @returns false at once if no try is left, or it would be too late.
   * @throws the signal's reason when that fires.
   */
  next(retryAfterMs: number | undefined, signal: AbortSignal | undefined): Promise<boolean>;
}

/** @throws TypeError when a limit isn't allowed. */
export function checkLimits({
  tries = DEFAULT_TRIES,
  totalMs = DEFAULT_TOTAL_MS,
}: RetryLimits = {}): Required<RetryLimits> {
  if (!Number.isInteger(tries) || tries < 1) throw new TypeError("retry.tries must be a whole number above 0.");
  if (!(totalMs >= 0)) throw new TypeError("retry.totalMs must be a number of milliseconds, 0 or more.");
  return { tries, totalMs };
}

/** Begins the tries of one call, the first of them now. */
export function beginTries({ tries, totalMs }: Required<RetryLimits>, { clock, random }: Surroundings): Tries {
  const beganMs = clock.monotonic();
  let begun = 1;
  return {
    async next(retryAfterMs, signal) {
      signal?.throwIfAborted();
      const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** (begun - 1), MAX_WAIT_MS);
      // A client that was told to wait never retries earlier, and clients don't all retry at once.
      const waitMs =
        retryAfterMs === undefined ? backoffMs * (1 - random() / 2) : retryAfterMs + FIRST_WAIT_MS * random();
      if (begun >= tries || clock.monotonic() - beganMs + waitMs > totalMs) return false;
      begun += 1;
      await pause({ clock, timeoutMs: waitMs, ...(signal ? { signal } : {}) });
      signal?.throwIfAborted();
      return true;
    },
  };
}
