/**
 * How many deliveries may be under way at once in the whole emulator, whatever its queues allow: each takes a
 * connection, and a laptop's worker takes fewer of those at a time than Google's front ends do.
 */
export class DeliveryPlaces {
  readonly #limit: number;
  #taken = 0;
  /** Who waits for a place, in the order of arrival. */
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a place is free; if not, `whenFree` is called once when one is. */
  isFree(whenFree: () => void): boolean {
    if (this.#taken < this.#limit) return true;
    this.#waiting.add(whenFree);
    return false;
  }

  /** Takes a place, also beyond the limit: RunTask waits for nothing. */
  take(): void {
    this.#taken += 1;
  }

  /** Gives a place back, and tells those who wait until the places are taken again. */
  release(): void {
    this.#taken -= 1;
    for (const whenFree of this.#waiting) {
      if (this.#taken >= this.#limit) return;
      this.#waiting.delete(whenFree);
      whenFree();
    }
  }
}
