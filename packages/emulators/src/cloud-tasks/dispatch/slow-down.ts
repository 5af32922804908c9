/**
 * Slows a queue down while its worker is in trouble.
 *
 * The service slows a whole queue down on 429, on 503 and when many attempts fail, but doesn't publish by how much
 * (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#httprequest). This is a modest stand-in, so
 * that the effect can be seen: such a response halves the rate, at most once a second and down to an eighth, and a
 * minute without one restores it.
 */
export class SlowDown {
  #factor = 1;
  #atMs = 0;
  #failureShare = 0;
  #attempts = 0;

  /** The share of the configured rate that is allowed now, from an eighth to 1. */
  factor(nowMs: number): number {
    const recovered = Math.max(0, nowMs - this.#atMs) / RECOVERY_MS;
    return Math.min(1, this.#factor + recovered);
  }

  /** Notes how an attempt ended. The status is undefined when there was no response. */
  note(attempt: { ok: boolean; status?: number; nowMs: number }): void {
    this.#attempts += 1;
    this.#failureShare += ((attempt.ok ? 0 : 1) - this.#failureShare) / MEMORY_ATTEMPTS;
    const failsMuch = this.#attempts >= MEMORY_ATTEMPTS && this.#failureShare > MUCH;
    const overloaded = attempt.status === 429 || attempt.status === 503;
    if (overloaded || (failsMuch && !attempt.ok)) this.#halve(attempt.nowMs);
  }

  #halve(nowMs: number): void {
    const factor = this.factor(nowMs);
    const halvedJustNow = factor < 1 && nowMs - this.#atMs < MIN_BETWEEN_MS;
    if (halvedJustNow) return;
    this.#factor = Math.max(MIN_FACTOR, factor / 2);
    this.#atMs = nowMs;
  }
}

const MIN_FACTOR = 1 / 8;
const MIN_BETWEEN_MS = 1000;
const RECOVERY_MS = 60_000;
/** The share of failures is over about this many attempts. */
const MEMORY_ATTEMPTS = 50;
const MUCH = 0.5;
