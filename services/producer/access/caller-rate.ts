import { LRUCache } from "lru-cache";
import type { Clock } from "../../../shared/runtime/clock.ts";

/** Limits how many requests each caller may send to this instance. */
export interface CallerRate {
  /**
   * Counts requests. All of them are accepted if there is room for one; the others use up the time that follows. If
   * there were too many before, counts none and returns how many milliseconds to wait.
   *
   * @param requests default 1.
   */
  take(email: string, requests?: number): number | undefined;
}

/** How far a caller may exceed its steady rate after a quiet time, in milliseconds of that rate. */
const BURST_MS = 2_000;
/** A caller that is evicted starts afresh. */
const MAX_CALLERS = 10_000;

/**
 * A steady rate for each caller, with bursts of up to two seconds' requests. It is kept in memory, so the limit is per
 * instance.
 *
 * For each caller it stores the time at which the requests so far would end at the steady rate: the generic cell rate
 * algorithm (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).
 */
export function createCallerRate({
  perSecond,
  clock,
}: {
  readonly perSecond: number;
  readonly clock: Clock;
}): CallerRate {
  const intervalMs = 1_000 / perSecond;
  const usedUpToMs = new LRUCache<string, number>({ max: MAX_CALLERS });
  return {
    take(email, requests = 1) {
      if (requests < 1) return undefined;
      const nowMs = clock.monotonic();
      const usedMs = Math.max(usedUpToMs.get(email) ?? nowMs, nowMs);
      const waitMs = usedMs + intervalMs - nowMs - BURST_MS;
      if (waitMs > 0) return waitMs;
      usedUpToMs.set(email, usedMs + intervalMs * requests);
      return undefined;
    },
  };
}
