import { hash } from "node:crypto";

/** How often a fault happens. */
export interface FaultFrequency {
  /** The probability each time it could happen, from 0 to 1. Default 1. */
  readonly probability?: number;
  /** How often it happens at most. Default: without limit. */
  readonly times?: number;
}

/** A fault that has been added. */
export interface InjectedFault {
  /** How often it has happened. */
  readonly hits: number;
  /** Removes it. */
  remove(): void;
}

interface Entry<Fault> {
  readonly fault: Fault;
  /** How many faults were added before it. */
  readonly index: number;
  hits: number;
}

/**
 * The faults that have been added.
 *
 * The seed, the position of the fault and the name of the occasion decide whether it happens, not the order of events:
 * the same seed and the same names give the same faults.
 */
export class FaultSet<Fault extends FaultFrequency> {
  readonly #seed: number;
  readonly #entries = new Set<Entry<Fault>>();
  #added = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Whether there are no faults, so that nothing needs to be looked up. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Adds a fault. If several could happen at once, the one that was added first does. */
  inject(fault: Fault): InjectedFault {
    checkFrequency(fault);
    const entry: Entry<Fault> = { fault, index: this.#added++, hits: 0 };
    this.#entries.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#entries.delete(entry),
    };
  }

  /** All faults, with how often each has happened. */
  list(): { readonly fault: Fault; readonly hits: number }[] {
    return [...this.#entries].map(({ fault, hits }) => ({ fault, hits }));
  }

  /** Removes all faults. */
  clear(): void {
    this.#entries.clear();
  }

  /** The fault that happens on an occasion, which counts as a hit. Undefined when none does. */
  trigger<Kind extends Fault>(occasion: string, concerns: (fault: Fault) => fault is Kind): Kind | undefined {
    for (const entry of this.#entries) {
      const { fault, index, hits } = entry;
      if (!concerns(fault) || hits >= (fault.times ?? Number.POSITIVE_INFINITY)) continue;
      const { probability = 1 } = fault;
      if (probability < 1 && this.chance(`${index} ${occasion}`) >= probability) continue;
      entry.hits += 1;
      return fault;
    }
    return undefined;
  }

  /** A number from 0 up to, but not including, 1 that depends only on the seed and the name. */
  chance(name: string): number {
    return Number.parseInt(hash("sha1", `${this.#seed} ${name}`).slice(0, 8), 16) / 2 ** 32;
  }
}

function checkFrequency({ probability = 1, times = 1 }: FaultFrequency): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`A fault's probability must be from 0 to 1, but is ${probability}.`);
  }
  if (!(times >= 1)) throw new RangeError(`A fault's times must be at least 1, but is ${times}.`);
}
