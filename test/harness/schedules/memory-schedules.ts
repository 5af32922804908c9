import { NEW_STATE, type ScheduleState, updateOf } from "../../../services/producer/schedules/schedule-state.ts";
import type { ReadSchedule, ScheduleStore } from "../../../services/producer/schedules/schedule-store.ts";
import type { OutboxEntry } from "../../../shared/outbox/entry.ts";

/** A firing: the commit of one of a schedule's times with its task. */
interface Firing {
  readonly name: string;
  readonly dueAtMs: number;
  readonly entry: OutboxEntry;
}

/** A store of schedules in memory that records every committed firing. */
export interface MemorySchedules extends ScheduleStore {
  readonly firings: readonly Firing[];
}

/** @param now the database's time, in milliseconds since the epoch. */
export function memorySchedules(now: () => number): MemorySchedules {
  const byName = new Map<string, ReadSchedule>();
  const firings: Firing[] = [];
  let commits = 0;
  return {
    firings,
    list: async () => ({ nowMs: now(), byName: new Map(byName) }),
    commit: async (change, { name, read }) => {
      if (byName.get(name)?.version !== read?.version) return undefined;
      const { startsNow, ...update } = updateOf(change);
      const before: ScheduleState = read?.state ?? { ...NEW_STATE, cron: "", timeZone: "", startedAtMs: now() };
      const state = { ...before, ...update, ...(startsNow ? { startedAtMs: now() } : {}) };
      if (change.kind === "fire") firings.push({ name, dueAtMs: change.dueAtMs, entry: change.task.entry });
      const written = { state, version: ++commits };
      byName.set(name, written);
      return written;
    },
  };
}
