import type { Counted } from "../../../shared/monitoring/counted.ts";

export const MINUTE_MS = 60_000;

/** The counts of one minute. */
export type MinuteCounts = Readonly<Record<Counted, number>>;

export const NONE: MinuteCounts = { enqueued: 0, done: 0, retried: 0, dead: 0 };

/** The source of the counts of enqueued tasks and of deliveries' outcomes. */
export interface Throughput {
  /**
   * The counts of the last minutes, by the start of each minute in milliseconds since the epoch. Minutes without counts
   * may be missing, and the newest ones may be incomplete.
   *
   * @throws DependencyError if the source can't be read.
   */
  read(minutes: number): Promise<ReadonlyMap<number, MinuteCounts>>;
}

/** The start of a time's minute. */
export function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
}
