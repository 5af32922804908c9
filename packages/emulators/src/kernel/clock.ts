/** A timer that has been set. Cancelling one that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** The time an emulator goes by. */
export interface Clock {
  /** Milliseconds since the Unix epoch, for due times. It may jump: somebody sets the clock, or the machine sleeps. */
  now(): number;
  /** Milliseconds since any one moment, which never jump, for ages and waits. Default: `now`. */
  monotonic?(): number;
  /** Calls back once, after a wait of `delayMs` milliseconds (0 or less: as soon as possible, never synchronously). */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Reports work that has begun, so that a clock moved by hand waits for it before it moves on. */
  hold?(work: Promise<unknown>): void;
}

/** Node fires a timer at once if it is set for longer than this, so a longer wait takes several timers. */
const MAX_NODE_TIMER_MS = 2 ** 31 - 1;

/** The machine's clocks. Timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs, callback) =>
    delayMs > MAX_NODE_TIMER_MS ? setLongTimer(delayMs, callback) : setNodeTimer(delayMs, callback),
};

function setNodeTimer(delayMs: number, callback: () => void): Timer {
  const handle = setTimeout(callback, Math.max(0, delayMs));
  return { cancel: () => clearTimeout(handle) };
}

function setLongTimer(delayMs: number, callback: () => void): Timer {
  const dueMs = performance.now() + delayMs;
  let timer: Timer;
  const arm = (): void => {
    const leftMs = dueMs - performance.now();
    timer = leftMs > MAX_NODE_TIMER_MS ? setNodeTimer(MAX_NODE_TIMER_MS, arm) : setNodeTimer(leftMs, callback);
  };
  arm();
  return { cancel: () => timer.cancel() };
}

/** The clock's monotonic time in milliseconds. */
export function monotonicMs(clock: Clock): number {
  return clock.monotonic?.() ?? clock.now();
}

/** Whether a test moves the clock, so that its time passes by steps and never jumps. */
export const isMovedByHand = (clock: Clock): boolean => clock.hold !== undefined;
