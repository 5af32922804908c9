import type { Clock } from "../../kernel/clock.ts";

/**
 * Hands out read and commit times in microseconds since the Unix epoch.
 *
 * A commit's time is later than all times handed out before it, so reading at an earlier time gives the same result
 * again. Times never go back, even if the clock does.
 */
export class CommitTimes {
  readonly #clock: Clock;
  #latest = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The time of a read that sees every commit so far. */
  forRead(): bigint {
    const now = this.wallClock();
    if (now > this.#latest) this.#latest = now;
    return this.#latest;
  }

  /** The time of the next commit. */
  forCommit(): bigint {
    const now = this.wallClock();
    this.#latest = now > this.#latest ? now : this.#latest + 1n;
    return this.#latest;
  }

  /** The clock's time, which can be before times that were handed out. */
  wallClock(): bigint {
    return BigInt(this.#clock.now()) * 1000n;
  }

  /** Continues after a time that an earlier run handed out. */
  continueAfter(time: bigint): void {
    if (time > this.#latest) this.#latest = time;
  }
}
