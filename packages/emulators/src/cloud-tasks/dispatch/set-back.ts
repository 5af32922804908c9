import { type Clock, monotonicMs } from "../../kernel/clock.ts";

/** A clock that was set back by less is ignored. */
const MIN_SET_BACK_MS = 1000;

/** Notices when somebody sets a clock back. */
export class SetBack {
  readonly #clock: Clock;
  /** How far the clock was ahead of monotonic time at the last look. */
  #aheadMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#aheadMs = clock.now() - monotonicMs(clock);
  }

  /** By how many milliseconds the clock was set back since the last look; 0 if it wasn't. */
  look(): number {
    const aheadMs = this.#clock.now() - monotonicMs(this.#clock);
    const setBackMs = this.#aheadMs - aheadMs;
    this.#aheadMs = aheadMs;
    return setBackMs < MIN_SET_BACK_MS ? 0 : setBackMs;
  }
}
