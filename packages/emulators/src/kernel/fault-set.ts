import { hash } from "node:crypto";

/** How often a fault strikes. */
export interface FaultFrequency {
  /** Of each occasion, from 0 to 1. Default 1. */
  readonly probability?: number;
  /** How often at most. Default: without limit. */
  readonly times?: number;
}

/** A fault that was asked for. */
export interface InjectedFault {
  /** How often it has struck. */
  readonly hits: number;
  /** Ends it. */
  remove(): void;
}

interface Entry<Fault> {
  readonly fault: Fault;
  /** How many faults were asked for before it. */
  readonly index: number;
  hits: number;
}

/**
 * The faults that were asked for.
 *
 * Whether one strikes is a matter of the seed, of the fault's place among them and of the occasion's name, not of the
 * order in which things happen: a run with the same seed and the same names strikes in the same places.
 */
export class FaultSet<Fault extends FaultFrequency> {
  readonly #seed: number;
  readonly #entries = new Set<Entry<Fault>>();
  #asked = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Whether there is none, so that nothing needs to be looked up. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Asks for a fault; of several that would strike, the one that was asked for first does. */
  inject(fault: Fault): InjectedFault {
    checkFrequency(fault);
    const entry: Entry<Fault> = { fault, index: this.#asked++, hits: 0 };
    this.#entries.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#entries.delete(entry),
    };
  }

  /** All that were asked for and not ended, with how often each has struck. */
  list(): { readonly fault: Fault; readonly hits: number }[] {
    return [...this.#entries].map(({ fault, hits }) => ({ fault, hits }));
  }

  /** Ends all faults. */
  clear(): void {
    this.#entries.clear();
  }

  /** The fault that strikes on an occasion, counted as a hit; undefined when none does. */
  strike<Kind extends Fault>(occasion: string, concerns: (fault: Fault) => fault is Kind): Kind | undefined {
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

  /** A number from 0 to, not including, 1 that depends on the seed and the name alone. */
  chance(name: string): number {
    return Number.parseInt(hash("sha1", `${this.#seed} ${name}`).slice(0, 8), 16) / 2 ** 32;
  }
}

function checkFrequency({ probability = 1, times = 1 }: FaultFrequency): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`A fault's probability is from 0 to 1, not ${probability}.`);
  }
  if (!(times >= 1)) throw new RangeError(`A fault strikes at least once, not ${times} times.`);
}
