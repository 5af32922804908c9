import { type Deadline, DeadlineError, withDeadline } from "../../../../shared/runtime/deadline.ts";

/** Gives slots back. */
export type Release = () => void;

export interface SlotRequest {
  /** What is shared with other deliveries, such as a host. A slot of each key is needed. */
  readonly keys: readonly string[];
  /** How many deliveries may hold a slot of one key at a time, and how many more may wait for one. */
  readonly perKey: number;
  /** How long to wait. */
  readonly deadline: Deadline;
}

interface Waiter {
  readonly request: SlotRequest;
  readonly admit: (release: Release) => void;
}

/** Whoever waits occupies the instance as much as whoever sends. So no more than this many wait, whatever for. */
const MAX_WAITING = 12;

/**
 * Limits how many deliveries are under way to one place, so that a subscriber that is slow, or means to be, doesn't
 * occupy the whole instance. First come, first served, for each key.
 */
export class DeliverySlots {
  readonly #held = new Map<string, number>();
  readonly #waiting = new Set<Waiter>();

  /** Waits for a slot of each key. Undefined if the time passes without one, or if too many are waiting already. */
  async take(request: SlotRequest): Promise<Release | undefined> {
    if (this.#isFree(request)) return this.#hold(request);
    return this.#mayWait(request) ? await this.#wait(request) : undefined;
  }

  #isFree({ keys, perKey }: SlotRequest): boolean {
    return keys.every((key) => (this.#held.get(key) ?? 0) < perKey);
  }

  #hold({ keys }: SlotRequest): Release {
    for (const key of keys) this.#held.set(key, (this.#held.get(key) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release(keys);
      isHeld = false;
    };
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) {
      const left = (this.#held.get(key) ?? 0) - 1;
      if (left > 0) this.#held.set(key, left);
      else this.#held.delete(key);
    }
    for (const waiter of this.#waiting) {
      if (!this.#isFree(waiter.request)) continue;
      this.#waiting.delete(waiter);
      waiter.admit(this.#hold(waiter.request));
    }
  }

  #mayWait({ keys, perKey }: SlotRequest): boolean {
    if (this.#waiting.size >= MAX_WAITING) return false;
    const waitingFor = (key: string) => [...this.#waiting].filter(({ request }) => request.keys.includes(key)).length;
    return keys.every((key) => waitingFor(key) < perKey);
  }

  async #wait(request: SlotRequest): Promise<Release | undefined> {
    const { promise: admitted, resolve: admit } = Promise.withResolvers<Release>();
    const waiter: Waiter = { request, admit };
    this.#waiting.add(waiter);
    try {
      return await withDeadline(request.deadline, () => admitted);
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      const gaveUpFirst = this.#waiting.delete(waiter);
      if (!gaveUpFirst) (await admitted)();
      return undefined;
    }
  }
}
