/**
 * Says that one delivery is broken off. What an AbortSignal would do too, whose making and listening to took an eighth of
 * a delivery's time.
 */
export class BreakOff {
  #isBrokenOff = false;
  #callback: (() => void) | undefined;

  get isBrokenOff(): boolean {
    return this.#isBrokenOff;
  }

  /** Has the callback called when the delivery is broken off, in place of the one before; undefined: none. */
  whenBrokenOff(callback: (() => void) | undefined): void {
    this.#callback = callback;
  }

  breakOff(): void {
    this.#isBrokenOff = true;
    this.#callback?.();
  }
}
