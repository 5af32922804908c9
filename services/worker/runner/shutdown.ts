import { settlesWithin } from "../../../shared/runtime/deadline.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";

/** Cloud Run kills an instance 10 s after SIGTERM (https://cloud.google.com/run/docs/container-contract); settling takes the rest. */
export const DRAIN_MS = 8_000;

/** Just before the kill, what is left is left: Firestore can keep it waiting for longer. */
const DRAIN_LIMIT_MS = 9_500;

/** The worker's end: work under way may finish for a while, then is aborted. Nothing starts after it has begun. */
export class Shutdown {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #begun = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True from the first call of `drain` on. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Fires when work under way must stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Counts work as under way until it settles. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay.add(work);
    const forget = () => void this.#underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  /**
   * Lets the work under way finish within `DRAIN_MS`, then aborts it. Resolves with true when all of it has settled, or
   * with false after `DRAIN_LIMIT_MS`.
   */
  async drain(): Promise<boolean> {
    this.#begun = true;
    const abort = (): void => this.#abort.abort(new Error("The worker is shutting down."));
    const timer = this.#clock.setTimer(DRAIN_MS, abort);
    const isDrained = await settlesWithin({ clock: this.#clock, timeoutMs: DRAIN_LIMIT_MS }, this.#settleAll());
    timer.cancel();
    return isDrained;
  }

  /** Work may leave more to do, as a claim that is to be given back once it is known. */
  async #settleAll(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
