import type { Clock } from "../runtime/clock.ts";
import { pause } from "../runtime/deadline.ts";
import { isFirestoreError } from "./record-store-error.ts";

/** ABORTED: another transaction had a lock that this one needed. */
const ABORTED = 10;

/** How long to wait before the first look, in milliseconds, give or take half; before each further one, longer. */
const FIRST_PAUSE_MS = 20;
const PAUSE_GROWTH = 5;
/** They are over by the time that Google's client runs the transaction again, which is after half a second at the earliest. */
const MAX_LOOKS = 3;

/**
 * Looks, without a lock, for what makes a transaction that has lost a lock superfluous, while Google's client waits for
 * about a second before it runs it again. The client's own pauses, tries and priority stay as they are.
 *
 *     commit ──▶ ABORTED ──────────── the client's pause ───────────▶ runs again, unless something was found
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
   * @param look returns undefined if there is nothing yet. It may reject: that is nothing, too.
   * @param on.clock the one that the client's own pauses go by.
   */
  constructor(look: () => Promise<Found | undefined>, on: { readonly clock: Clock }) {
    const { promise, resolve } = Promise.withResolvers<Found>();
    this.found = promise;
    this.#resolve = resolve;
    this.#look = look;
    this.#clock = on.clock;
  }

  /**
   * Runs the transaction's body, and begins to look if it loses a lock, there or in its commit. Call this for each run.
   *
   * @param transaction Google's, as it gives it to the body.
   * @throws what `body` throws; FoundEarly, without a call of it, once something was found.
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

  /** Ends the looking: the transaction has its result. */
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
 * Tells of each commit that fails. Google's client has no other way to learn of one before it runs the transaction again.
 * If a later version of it commits in another way, nobody is told, and whoever lost a lock waits as long as the client does.
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
