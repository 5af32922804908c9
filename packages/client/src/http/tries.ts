import type { Clock } from "../../../../shared/runtime/clock.ts";
import { pause } from "../../../../shared/runtime/deadline.ts";
import type { RetryLimits } from "../options.ts";

const DEFAULT_TRIES = 6;
const DEFAULT_TOTAL_MS = 60_000;

/** The first wait, in milliseconds; each further one is twice as long. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

/** Where time and chance come from. */
export interface Surroundings {
  readonly clock: Clock;
  /** From 0 to below 1, as `Math.random`. */
  readonly random: () => number;
}

/** The tries of one call. The first has begun. */
export interface Tries {
  /**
   * Waits until the next try is due.
   *
   * @param retryAfterMs how long the producer asks to wait, in milliseconds.
   * @returns false at once if no try is left, or it would come too late.
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

export function beginTries({ tries, totalMs }: Required<RetryLimits>, { clock, random }: Surroundings): Tries {
  const beganMs = clock.monotonic();
  let begun = 1;
  return {
    async next(retryAfterMs, signal) {
      signal?.throwIfAborted();
      const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** (begun - 1), LONGEST_WAIT_MS);
      // Whoever was asked to wait comes no earlier, and not all at once.
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
