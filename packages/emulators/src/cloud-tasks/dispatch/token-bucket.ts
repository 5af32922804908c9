/** The limits of a bucket from a time on. */
export interface BucketLimits {
  readonly perSecond: number;
  readonly capacity: number;
  readonly nowMs: number;
}

/** A token bucket. It starts full and refills evenly. Its times are monotonic where the clock has such. */
export class TokenBucket {
  #perSecond: number;
  #capacity: number;
  #tokens: number;
  #atMs: number;

  constructor(limits: BucketLimits) {
    this.#perSecond = limits.perSecond;
    this.#capacity = limits.capacity;
    this.#tokens = limits.capacity;
    this.#atMs = limits.nowMs;
  }

  /** Changes the rate and the capacity. Tokens beyond the new capacity are lost. */
  resize(limits: BucketLimits): void {
    this.#refill(limits.nowMs);
    this.#perSecond = limits.perSecond;
    this.#capacity = limits.capacity;
    this.#tokens = Math.min(this.#tokens, limits.capacity);
  }

  /**
   * Takes a token and returns 0, or returns the milliseconds until there is one.
   *
   * @param leastWaitMs a wait is at least this long, so that several tokens come, unless the bucket is full sooner. Default 0.
   */
  take(nowMs: number, leastWaitMs = 0): number {
    this.#refill(nowMs);
    if (this.#tokens >= 1 - ROUNDING) {
      this.#tokens = Math.max(0, this.#tokens - 1);
      return 0;
    }
    return Math.max(this.#untilMs(1), Math.min(leastWaitMs, this.#untilMs(this.#capacity)));
  }

  #untilMs(tokens: number): number {
    return ((tokens - this.#tokens) / this.#perSecond) * 1000;
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
