import { LRUCache } from "lru-cache";
import type { Clock } from "../../../shared/runtime/clock.ts";

/** Limits how many requests each caller may send to this instance. */
export interface CallerRate {
  /**
   * Counts requests. They are taken if there is room for one of them; the others are borrowed from the time that follows.
   * Returns how many milliseconds to wait, if there have been too many before: then none is counted.
   *
   * @param requests default 1.
   */
  take(email: string, requests?: number): number | undefined;
}

/** A caller that was quiet may catch up by this much, in milliseconds of its rate. */
const BURST_MS = 2_000;
/** Whoever is forgotten starts afresh. */
const MOST_CALLERS = 10_000;

/**
 * A steady rate for each caller, and twice a second's requests at once. It is kept in memory, so a caller gets this much of
 * each instance.
 *
 * For each caller it notes the time at which its requests so far would have ended at the steady rate: the generic cell rate
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
  const usedUpToMs = new LRUCache<string, number>({ max: MOST_CALLERS });
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
