/** A timer that has been set. Cancelling one that has fired has no effect. */
export interface Timer {
  cancel(): void;
}

/** The source of time. All code that waits or compares times takes one, so that tests can control it. */
export interface Clock {
  /** Milliseconds since the Unix epoch. It may jump when somebody sets the clock or the machine sleeps. */
  now(): number;
  /** Milliseconds since some moment. It never jumps: use it for ages and waits within this process. */
  monotonic(): number;
  /** Calls back once, after `delayMs` milliseconds (0 or less: as soon as possible, never synchronously). */
  setTimer(delayMs: number, callback: () => void): Timer;
}

/** Node's timers fire at once if they are set for longer than this, so longer waits use several timers. */
const MAX_NODE_TIMER_MS = 2 ** 31 - 1;

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
        leftMs > MAX_NODE_TIMER_MS ? setTimeout(arm, MAX_NODE_TIMER_MS) : setTimeout(callback, Math.max(0, leftMs));
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
};
