/**
 * Aborts one delivery. An AbortSignal for each delivery would slow deliveries down measurably, and a shared one looks at
 * all its listeners whenever it gets another.
 */
export class DeliveryAbort {
  #isAborted = false;
  #callback: (() => void) | undefined;

  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Sets the callback for when the delivery is aborted, in place of the previous one. */
  onAbort(callback: (() => void) | undefined): void {
    this.#callback = callback;
  }

  abort(): void {
    this.#isAborted = true;
    this.#callback?.();
  }
}
