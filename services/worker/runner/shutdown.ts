import { settlesWithin } from "../../../shared/runtime/deadline.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";

/** Cloud Run kills an instance 10 s after SIGTERM (https://cloud.google.com/run/docs/container-contract#instance-shutdown); settling takes the rest. */
export const DRAIN_MS = 8_000;

/** Then work is given up, whatever is left: Firestore can keep it waiting for longer, and stopping takes a moment, too. */
export const DRAIN_LIMIT_MS = 9_200;

/** The worker's shutdown: work in progress may finish for a while, then is aborted. No new work starts. */
export class Shutdown {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #underWay = new Set<Promise<unknown>>();
  #begun = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** True from the first call to `drain`. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Fires when work in progress must stop. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Counts work as in progress until it settles. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay.add(work);
    const forget = () => void this.#underWay.delete(work);
    work.then(forget, forget);
    return work;
  }

  /**
   * Lets work in progress finish within `DRAIN_MS`, then aborts it. Resolves with true once all of it has settled, or
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

  /** Work may lead to more work, such as releasing a claim once its response arrives. */
  async #settleAll(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
