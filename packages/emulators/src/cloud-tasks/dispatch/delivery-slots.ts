/**
 * Limits the deliveries in progress in the whole emulator, whatever its queues allow. Each takes a connection, and a
 * worker on a laptop handles fewer of those at a time than Google's front ends do.
 */
export class DeliverySlots {
  readonly #limit: number;
  #taken = 0;
  /** In the order of arrival. */
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a slot is free. If not, `whenFree` is called once, when one is. */
  isFree(whenFree: () => void): boolean {
    if (this.#taken < this.#limit) return true;
    this.#waiting.add(whenFree);
    return false;
  }

  /** Takes a slot, even beyond the limit: RunTask doesn't wait. */
  take(): void {
    this.#taken += 1;
  }

  /** Frees a slot, and calls those who wait until all slots are taken again. */
  release(): void {
    this.#taken -= 1;
    for (const whenFree of this.#waiting) {
      if (this.#taken >= this.#limit) return;
      this.#waiting.delete(whenFree);
      whenFree();
    }
  }
}
