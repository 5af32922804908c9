import type { ScheduleChange, ScheduleState } from "./schedule-state.ts";

/** A schedule's state as it was read, which a change is conditional on. */
export interface ReadSchedule {
  readonly state: ScheduleState;
  /** Whatever tells the store that it is unchanged. */
  readonly version: unknown;
}

/** What is remembered of all schedules. */
export interface ReadSchedules {
  /** When it was read, in milliseconds since the epoch, by the database's clock. */
  readonly nowMs: number;
  readonly byName: ReadonlyMap<string, ReadSchedule>;
}

/**
 * Where schedules' states are. Each method gives up at `untilMs`, in milliseconds since the epoch, with a RecordStoreError,
 * as it does when the database fails. What was given up can still take effect.
 */
export interface ScheduleStore {
  list(untilMs: number): Promise<ReadSchedules>;
  /**
   * Commits a change, and the task that it makes with it, provided that the schedule is as it was read.
   *
   * @param on.read undefined if nothing was remembered of it.
   * @returns what is remembered from then on; undefined if it wasn't as it was read.
   */
  commit(
    change: ScheduleChange,
    on: { readonly name: string; readonly read: ReadSchedule | undefined },
    untilMs: number,
  ): Promise<ReadSchedule | undefined>;
}
