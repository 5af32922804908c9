import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { ScheduleChange } from "./schedule-state.ts";
import type { ReadSchedule, ReadSchedules } from "./schedule-store.ts";

/** How many times to read and decide. A tick may fire the schedule in between. */
const MAX_TRIES = 5;

type Parts = Pick<Producer, "clock" | "schedules">;

/** @throws DependencyError if Firestore doesn't respond. */
export async function readSchedules(parts: Parts): Promise<ReadSchedules> {
  return await withStore((untilMs) => parts.schedules.store.list(untilMs), parts);
}

/**
 * Pauses or resumes a schedule. Once it is paused it doesn't fire, not even by a tick in progress. Repeating it changes
 * nothing.
 *
 * @returns the schedule's state, and when it was read, in milliseconds since the epoch.
 * @throws DependencyError if it is unknown whether it was done.
 */
export async function changeSchedule(
  schedule: Schedule,
  to: "pause" | "resume",
  parts: Parts,
): Promise<{ readonly read: ReadSchedule | undefined; readonly nowMs: number }> {
  const { store } = parts.schedules;
  const { name } = schedule;
  return await withStore(async (untilMs) => {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const { nowMs, byName } = await store.list(untilMs);
      let read = byName.get(name);
      const change = nextChange(schedule, to, read);
      if (!change) return { read, nowMs };
      read = await store.commit(change, { name, read }, untilMs);
      const last = read && nextChange(schedule, to, read);
      if (last) read = await store.commit(last, { name, read }, untilMs);
      if (read) return { read, nowMs };
    }
    throw new RecordStoreError("Others changed the schedule again and again.", undefined);
  }, parts);
}

/** A schedule that no tick has seen yet is started before it is paused. */
function nextChange(
  { cron, timeZone }: Schedule,
  to: "pause" | "resume",
  read: ReadSchedule | undefined,
): ScheduleChange | undefined {
  if (to === "pause") {
    if (!read) return { kind: "start", cron, timeZone };
    return read.state.isPaused ? undefined : { kind: "pause" };
  }
  return read?.state.isPaused ? { kind: "resume" } : undefined;
}

async function withStore<Result>(call: (untilMs: number) => Promise<Result>, { clock }: Parts): Promise<Result> {
  try {
    return await call(clock.now() + LOOK_UP_TIMEOUT_MS);
  } catch (error) {
    throw error instanceof RecordStoreError ? new DependencyError("firestore", error) : error;
  }
}
