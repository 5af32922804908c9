import type { Counted } from "../../../shared/monitoring/counted.ts";

const MINUTE_MS = 60_000;
/** The minutes of a day. */
const MAX_MINUTES = 1_440;

type Counts = Record<Counted, number>;

/** The counts of the last minutes in which anything was counted. */
export class MinuteCounts {
  readonly #byMinute = new Map<number, Counts>();

  /** @param nowMs in milliseconds since the epoch. */
  add(counted: Counted, { nowMs, by = 1 }: { readonly nowMs: number; readonly by?: number }): void {
    const minuteMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
    const counts = this.#byMinute.get(minuteMs) ?? { enqueued: 0, done: 0, retried: 0, dead: 0 };
    counts[counted] += by;
    this.#byMinute.set(minuteMs, counts);
    const [oldest] = this.#byMinute.keys();
    if (oldest !== undefined && this.#byMinute.size > MAX_MINUTES) this.#byMinute.delete(oldest);
  }

  /** The counts, with the start of their minute in milliseconds since the epoch. */
  list(): ({ readonly minuteMs: number } & Readonly<Counts>)[] {
    return [...this.#byMinute].map(([minuteMs, counts]) => Object.assign({ minuteMs }, counts));
  }
}
