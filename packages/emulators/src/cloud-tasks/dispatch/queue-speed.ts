import { burstSize, type QueueConfig } from "../wire/queue-config.ts";
import type { Attempted } from "./attempt-outcome.ts";
import { isSuccess } from "./request/response-status.ts";
import { SlowDown } from "./slow-down.ts";
import type { BucketLimits } from "./token-bucket.ts";

const MINUTE_S = 60;

/** How fast a queue may deliver, and how fast it has. Times are monotonic, in milliseconds. */
export class QueueSpeed {
  readonly #slowsDown: boolean;
  readonly #slowDown = new SlowDown();
  /** How many deliveries got a response, by the second. */
  readonly #answered = new Map<number, number>();

  /** @param slowsDown whether 429, 503 and many failures slow the queue down. */
  constructor(slowsDown: boolean) {
    this.#slowsDown = slowsDown;
  }

  /** Notes how an attempt ended. */
  note({ delivered }: Attempted, nowMs: number): void {
    const isAnswered = delivered.kind === "answered";
    this.#slowDown.note({ ok: isSuccess(delivered), nowMs, ...(isAnswered ? { status: delivered.status } : {}) });
    if (!isAnswered) return;
    this.#forgetOld(nowMs);
    const second = Math.floor(nowMs / 1000);
    this.#answered.set(second, (this.#answered.get(second) ?? 0) + 1);
  }

  /** The limits that a queue has at a time: its configured ones, or less while it is slowed down. */
  limits(config: QueueConfig, nowMs: number): BucketLimits {
    const factor = this.#slowsDown ? this.#slowDown.factor(nowMs) : 1;
    return {
      perSecond: config.maxDispatchesPerSecond * factor,
      capacity: Math.max(1, burstSize(config) * factor),
      nowMs,
    };
  }

  /** How many deliveries got a response in the last minute, to the second. */
  answeredLastMinute(nowMs: number): number {
    this.#forgetOld(nowMs);
    return [...this.#answered.values()].reduce((sum, count) => sum + count, 0);
  }

  #forgetOld(nowMs: number): void {
    const first = Math.floor(nowMs / 1000) - MINUTE_S;
    for (const second of this.#answered.keys()) if (second <= first) this.#answered.delete(second);
  }
}
