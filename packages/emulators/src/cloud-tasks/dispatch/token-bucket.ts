/** A token bucket. It starts full and refills evenly. Its times are monotonic where the clock has such. */
export class TokenBucket {
  #perSecond: number;
  #capacity: number;
  #tokens: number;
  #atMs: number;

  constructor(limits: { perSecond: number; capacity: number; nowMs: number }) {
    this.#perSecond = limits.perSecond;
    this.#capacity = limits.capacity;
    this.#tokens = limits.capacity;
    this.#atMs = limits.nowMs;
  }

  /** Changes the rate and the capacity. Tokens beyond the new capacity are lost. */
  resize(limits: { perSecond: number; capacity: number; nowMs: number }): void {
    this.#refill(limits.nowMs);
    this.#perSecond = limits.perSecond;
    this.#capacity = limits.capacity;
    this.#tokens = Math.min(this.#tokens, limits.capacity);
  }

  /** Takes a token and returns 0, or returns the milliseconds until there is one. */
  take(nowMs: number): number {
    this.#refill(nowMs);
    if (this.#tokens >= 1 - ROUNDING) {
      this.#tokens = Math.max(0, this.#tokens - 1);
      return 0;
    }
    return ((1 - this.#tokens) / this.#perSecond) * 1000;
  }

  #refill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs / 1000) * this.#perSecond);
    // If the clock was set back, the queue must not stand still until the clock catches up.
    this.#atMs = nowMs;
  }
}

/** Ten refills of a tenth don't make exactly one. */
const ROUNDING = 1e-9;
