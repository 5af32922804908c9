/** A timer that has been set; cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from. Everything that waits or compares times takes one, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. It may jump: somebody sets the clock, or the machine sleeps. */
  now(): number;
  /** Milliseconds since some moment, which never jump: for ages and waits within this process. */
  monotonic(): number;
  /** Calls back once, after a wait of `delayMs` milliseconds (0 and less: as soon as possible, never synchronously). */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Node's timers fire at once when asked for more than this, so longer waits are made of several. */
const LONGEST_NODE_TIMER_MS = 2 ** 31 - 1;

/** The machine's clocks. Timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, callback) {
    const dueMs = performance.now() + delayMs;
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const leftMs = dueMs - performance.now();
      handle =
        leftMs > LONGEST_NODE_TIMER_MS
          ? setTimeout(arm, LONGEST_NODE_TIMER_MS)
          : setTimeout(callback, Math.max(0, leftMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};
