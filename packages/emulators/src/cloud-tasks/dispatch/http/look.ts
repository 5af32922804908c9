/**
 * Beyond this rate, requests are sent without a look: the turns of the event loop would cost a loaded emulator an eighth of
 * its time. Requests that are sent at the same time share a look.
 */
const MAX_LOOKS_PER_SECOND = 200;

/**
 * Calls back once Node has read whatever had arrived by now, such as the end of a kept connection: it looks between two
 * turns of the event loop. At once in an emulator under load.
 */
export type Look = (callback: () => void) => void;

/** Creates a look at what has arrived. */
export function createLook(): Look {
  let looks = 0;
  let looksSinceMs = 0;
  /** Those that came before the next look begins. */
  let waiting: (() => void)[] = [];
  const begin = (): void => {
    const callbacks = waiting;
    waiting = [];
    setImmediate(() => callbacks.forEach((callback) => callback()));
  };
  return (callback) => {
    if (waiting.length > 0) {
      waiting.push(callback);
      return;
    }
    const nowMs = performance.now();
    if (nowMs - looksSinceMs > 1000) {
      looksSinceMs = nowMs;
      looks = 0;
    }
    looks += 1;
    if (looks > MAX_LOOKS_PER_SECOND) {
      callback();
      return;
    }
    waiting.push(callback);
    setImmediate(begin);
  };
}
