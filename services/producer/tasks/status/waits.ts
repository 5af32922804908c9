/** How many requests of a caller wait at once. */
export const MAX_WAITS_PER_CALLER = 10;

/**
 * How many wait at once in all. Cloud Run counts them among the requests that it sends an instance at once, so this is half
 * of those (infra/settings/budgets.ts), and the other half stays for requests that don't wait.
 */
export const MAX_WAITS = 40;

/** Counts the requests that wait for a change, and ends them when the instance stops. */
export class Waits {
  readonly #byCaller = new Map<string, number>();
  readonly #ended = new AbortController();
  #waiting = 0;

  /** Fires when the instance stops: then nothing waits any more. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Takes a place for a caller's request, and returns what gives it back; undefined if there are too many. */
  begin(email: string): (() => void) | undefined {
    const own = this.#byCaller.get(email) ?? 0;
    if (own >= MAX_WAITS_PER_CALLER || this.#waiting >= MAX_WAITS) return undefined;
    this.#count(email, 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#count(email, -1);
      isHeld = false;
    };
  }

  /** Ends all waits, and those to come. */
  end(): void {
    this.#ended.abort();
  }

  #count(email: string, change: 1 | -1): void {
    this.#waiting += change;
    const own = (this.#byCaller.get(email) ?? 0) + change;
    if (own === 0) this.#byCaller.delete(email);
    else this.#byCaller.set(email, own);
  }
}
