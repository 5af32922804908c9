/** A timer that has been set. Cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** The time an emulator goes by. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls back once, `delayMs` milliseconds from now (0 or less: as soon as possible, never synchronously). */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Reports work that has begun, so that a clock moved by hand waits for it before it moves on. */
  hold?(work: Promise<unknown>): void;
}

/** Node fires a timer at once if it is set for longer than this, so a longer wait takes several timers. */
const LONGEST_NODE_TIMER_MS = 2 ** 31 - 1;

/** The wall clock. Its timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, callback) {
    const dueMs = Date.now() + delayMs;
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueMs - Date.now();
      handle =
        leftMs > LONGEST_NODE_TIMER_MS
          ? setTimeout(arm, LONGEST_NODE_TIMER_MS)
          : setTimeout(callback, Math.max(0, leftMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};
