import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../../shared/runtime/clock.ts";

/** A clock whose pauses end at once and are recorded. */
export interface HurriedClock extends Clock {
  /** The pauses so far, in milliseconds. */
  readonly pauses: readonly number[];
}

/**
 * Creates one.
 *
 * @param deadlines the time limits of requests, in milliseconds. These never expire, and don't count as pauses.
 */
export function createHurriedClock(deadlines: readonly number[]): HurriedClock {
  const pauses: number[] = [];
  let nowMs = Date.UTC(2030, 0, 1);
  return {
    pauses,
    now: () => nowMs,
    monotonic: () => nowMs,
    setTimer(delayMs, callback) {
      let isCancelled = deadlines.includes(delayMs);
      if (!isCancelled) {
        pauses.push(delayMs);
        nowMs += delayMs;
        void setImmediate().then(() => (isCancelled ? undefined : callback()));
      }
      return { cancel: () => void (isCancelled = true) };
    },
  };
}
