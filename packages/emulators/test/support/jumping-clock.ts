import { type Clock, systemClock } from "../../src/kernel/clock.ts";

/** The machine's clocks, with a wall clock that a test sets. */
export interface JumpingClock extends Clock {
  /** Sets the wall clock ahead, or back by a negative time. */
  jump(byMs: number): void;
}

export function jumpingClock(): JumpingClock {
  let aheadMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + aheadMs,
    jump: (byMs) => void (aheadMs += byMs),
  };
}
