import type { Counted } from "../../../shared/monitoring/counted.ts";

export const MINUTE_MS = 60_000;

/** What was counted in one minute. */
export type MinuteCounts = Readonly<Record<Counted, number>>;

export const NONE: MinuteCounts = { enqueued: 0, done: 0, retried: 0, dead: 0 };

/** Who counts what is enqueued, and what becomes of deliveries. */
export interface Throughput {
  /**
   * The counts of the last minutes, by the beginning of each minute in milliseconds since the epoch. Minutes without any may
   * be missing, and the newest ones may not have all of theirs yet.
   *
   * @throws DependencyError if whoever counts can't be asked.
   */
  read(minutes: number): Promise<ReadonlyMap<number, MinuteCounts>>;
}

/** The beginning of a time's minute. */
export function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
}
