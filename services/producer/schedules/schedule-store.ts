import type { ScheduleChange, ScheduleState } from "./schedule-state.ts";

/** A schedule's state as it was read, on which a change is conditional. */
export interface ReadSchedule {
  readonly state: ScheduleState;
  /** The store's own token for detecting changes. */
  readonly version: unknown;
}

/** The states of all schedules. */
export interface ReadSchedules {
  /** When they were read, in milliseconds since the epoch, by the database's clock. */
  readonly nowMs: number;
  readonly byName: ReadonlyMap<string, ReadSchedule>;
}

/**
 * The store of schedules' states. Each method gives up at `untilMs`, in milliseconds since the epoch, with a
 * RecordStoreError. It throws the same when the database fails. A call may still take effect after its method gave up.
 */
export interface ScheduleStore {
  list(untilMs: number): Promise<ReadSchedules>;
  /**
   * Commits a change together with its task, provided that the schedule hasn't changed since it was read.
   *
   * @param on.read undefined if it had no state.
   * @returns the new state; undefined if the schedule had changed.
   */
  commit(
    change: ScheduleChange,
    on: { readonly name: string; readonly read: ReadSchedule | undefined },
    untilMs: number,
  ): Promise<ReadSchedule | undefined>;
}
