/**
 * Says that one delivery is broken off. An AbortSignal would do, but one for each delivery makes it dearer
 * (`npm run bench -- cloud-tasks`), and one for all looks at every listener when it gets another.
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
