/** A token bucket: it starts full, refills evenly, and may be asked how long until the next token. */
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

  /** Changes the rate and the size from now on; tokens above the new size are lost. */
  resize(limits: { perSecond: number; capacity: number; nowMs: number }): void {
    this.#refill(limits.nowMs);
    this.#perSecond = limits.perSecond;
    this.#capacity = limits.capacity;
    this.#tokens = Math.min(this.#tokens, limits.capacity);
  }

  /** Takes a token if there is one, and answers 0; else answers in how many milliseconds there will be one. */
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
    // A clock that was set back must not stop the queue until it has caught up.
    this.#atMs = nowMs;
  }
}

/** Ten refills of a tenth don't make exactly one. */
const ROUNDING = 1e-9;
