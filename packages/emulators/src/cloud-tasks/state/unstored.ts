import { type Timer, systemClock } from "../../kernel/clock.ts";
import { NotStoredError } from "../../kernel/journal/not-stored-error.ts";

/** How soon what couldn't be stored is tried again. By the wall clock, since room on a disk doesn't come with a virtual one. */
const TRY_AGAIN_MS = 1_000;

/** Beyond this many ends of deliveries that couldn't be stored, no more deliveries begin: a restart would repeat them all. */
const MAX_UNSTORED = 500;

interface Waiting {
  /** Stores it, unless that is no longer needed. Throws NotStoredError. */
  readonly store: () => void;
  readonly settle: (wasStored: boolean) => void;
  readonly fail: (error: unknown) => void;
}

/** What has happened but couldn't be stored, because the disk is full for example. It is stored as soon as that works again. */
export class Unstored {
  readonly #waiting = new Map<object, Waiting>();
  readonly #waitingForRoom = new Set<() => void>();
  #timer: Timer | undefined;
  #isRetrying = false;

  /**
   * Stores something, now or later. Resolves to false if it was given up instead; undefined when it was stored at once.
   *
   * @param key what to call it for `giveUp`. Something that is waiting under it already is left as it is.
   */
  storeSoon(key: object, store: () => void): Promise<boolean> | undefined {
    try {
      store();
      return undefined;
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
    }
    this.#timer ??= systemClock.setTimer(TRY_AGAIN_MS, () => this.#tryAgain());
    return new Promise((resolve, reject) => {
      if (this.#waiting.has(key)) resolve(false);
      else this.#waiting.set(key, { store, settle: resolve, fail: reject });
    });
  }

  /** Stops trying to store something. */
  giveUp(key: object): void {
    this.#waiting.get(key)?.settle(false);
    this.#waiting.delete(key);
    if (this.#waiting.size === 0) this.#rest();
  }

  /** Whether there may be more. If not, `whenThereIs` is called once, when there may. */
  hasRoom(whenThereIs: () => void): boolean {
    if (this.#waiting.size < MAX_UNSTORED) return true;
    this.#waitingForRoom.add(whenThereIs);
    return false;
  }

  /** Tries again now, because something else was just stored. */
  retry(): void {
    if (this.#isRetrying || this.#waiting.size === 0) return;
    this.#isRetrying = true;
    try {
      this.#storeInOrder();
    } finally {
      this.#isRetrying = false;
    }
  }

  #tryAgain(): void {
    this.#timer = undefined;
    this.retry();
    if (this.#waiting.size > 0) this.#timer = systemClock.setTimer(TRY_AGAIN_MS, () => this.#tryAgain());
  }

  #storeInOrder(): void {
    for (const [key, { store, settle, fail }] of this.#waiting) {
      try {
        store();
        settle(true);
      } catch (error) {
        if (error instanceof NotStoredError) return;
        fail(error);
      }
      this.#waiting.delete(key);
    }
    this.#rest();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiting = [...this.#waitingForRoom];
    this.#waitingForRoom.clear();
    for (const whenThereIs of waiting) whenThereIs();
  }
}
