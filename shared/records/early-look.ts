import type { Clock } from "../runtime/clock.ts";
import { pause } from "../runtime/deadline.ts";
import { isFirestoreError } from "./record-store-error.ts";

/** ABORTED: another transaction had a lock that this one needed. */
const ABORTED = 10;

/** How long to wait before the first look, in milliseconds, give or take half; before each further one, longer. */
const FIRST_PAUSE_MS = 20;
const PAUSE_GROWTH = 5;
/** These fit before Google's client retries the transaction, which is after half a second at the earliest. */
const MAX_LOOKS = 3;

/**
 * Checks, without a lock, whether a transaction that has lost a lock is still needed, while Google's client pauses for
 * about a second before it retries. The client's own pauses, tries and priority don't change.
 *
 *     commit ──▶ ABORTED ──────────── the client's pause ───────────▶ retries, unless a look found something
 *                   └─ 20 ms ─▶ look ─ 100 ms ─▶ look ─ 500 ms ─▶ look
 */
export class EarlyLook<Found> {
  /** Resolves with what was found. */
  readonly found: Promise<Found>;
  readonly #look: () => Promise<Found | undefined>;
  readonly #clock: Clock;
  readonly #resolve: (found: Found) => void;
  #isOver = false;
  /** Counts the transaction's runs: looks between two of them end when the second begins. */
  #runs = 0;

  /**
   * @param look returns undefined if there is nothing yet. A rejection counts as nothing, too.
   * @param on.clock the clock of the client's own pauses.
   */
  constructor(look: () => Promise<Found | undefined>, on: { readonly clock: Clock }) {
    const { promise, resolve } = Promise.withResolvers<Found>();
    this.found = promise;
    this.#resolve = resolve;
    this.#look = look;
    this.#clock = on.clock;
  }

  /**
   * Runs the transaction's body, and starts to look if the body or the commit loses a lock. Call this for each try.
   *
   * @param transaction Google's, as passed to the body.
   * @throws what `body` throws; FoundEarly, without calling it, once something was found.
   */
  async watch<Result>(transaction: object, body: () => Promise<Result>): Promise<Result> {
    if (this.#isOver) throw new FoundEarly("The transaction isn't needed any more.");
    if (++this.#runs === 1) onCommitError(transaction, (error) => this.#afterError(error));
    try {
      return await body();
    } catch (error) {
      this.#afterError(error);
      throw error;
    }
  }

  /** Stops looking: the transaction has its result. */
  end(): void {
    this.#isOver = true;
  }

  #afterError(error: unknown): void {
    if (isFirestoreError(error) && error.code === ABORTED) void this.#lookUntilRun(this.#runs);
  }

  async #lookUntilRun(run: number): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      await pause({ clock: this.#clock, timeoutMs: pauseMs * (0.5 + Math.random()) });
      if (!this.#isBetween(run)) return;
      const found = await this.#look().catch(() => undefined);
      if (!this.#isBetween(run)) return;
      if (found !== undefined) {
        this.#isOver = true;
        return this.#resolve(found);
      }
      pauseMs *= PAUSE_GROWTH;
    }
  }

  /** Whether the transaction still waits to be run again after this run of it. */
  #isBetween(run: number): boolean {
    return !this.#isOver && this.#runs === run;
  }
}

/** Ends a transaction that isn't needed any more, before it reads anything. */
export class FoundEarly extends Error {}

/**
 * Reports each commit that fails. Google's client doesn't report one that it will retry. If a later version commits
 * in another way, nothing is reported, and a transaction that lost a lock waits for the client's own retry.
 */
function onCommitError(transaction: object, tell: (error: unknown) => void): void {
  const commit: unknown = Reflect.get(transaction, "commit");
  if (typeof commit !== "function") return;
  const watched = async (): Promise<void> => {
    try {
      await Reflect.apply(commit, transaction, []);
    } catch (error) {
      tell(error);
      throw error;
    }
  };
  Reflect.set(transaction, "commit", watched);
}
