import { type TaskOrigin, deriveTaskId } from "../../../shared/contract/task-id.ts";
import type { NewTask } from "../../../shared/records/transition.ts";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import { type ScheduleChange, type ScheduleState, countsFromMs } from "./schedule-state.ts";

/** With `catchUp`, how many of the times that were missed are made up for: the latest ones. */
const MOST_CAUGHT_UP = 100;

/** When a tick looks, in milliseconds since the epoch by the database's clock, and whether the stack runs the schedule. */
interface Now {
  readonly nowMs: number;
  readonly isOff: boolean;
}

/**
 * What a tick changes about a schedule, in this order, each on condition of the one before.
 *
 * @param schedule undefined if this revision knows none of this name.
 * @param state null if nothing is remembered of it.
 */
export function decideTick(
  schedule: Schedule | undefined,
  state: ScheduleState | null,
  { nowMs, isOff }: Now,
): readonly ScheduleChange[] {
  if (!schedule || isOff) return state && !state.isOff ? [{ kind: "turnOff" }] : [];
  if (!state || mustStart(schedule, state, nowMs)) {
    const { cron, timeZone } = schedule;
    const isUntrue = (state?.lastFiredAtMs ?? nowMs) > nowMs;
    return [{ kind: "start", cron, timeZone, ...(isUntrue ? { forgets: true } : {}) }];
  }
  return dueTimes(schedule, state, nowMs).map((dueAtMs) => ({
    kind: "fire",
    dueAtMs,
    task: taskAt(dueAtMs, schedule, nowMs),
  }));
}

/** Whether a schedule's last firing is older than two of its periods. */
export function isLate(schedule: Schedule, state: ScheduleState, { nowMs, isOff }: Now): boolean {
  if (isOff || state.isPaused || mustStart(schedule, state, nowMs)) return false;
  const afterMs = countsFromMs(state);
  const next = schedule.timing.next(afterMs);
  if (next === undefined || next >= nowMs) return false;
  return schedule.timing.latest({ afterMs, untilMs: nowMs - 1, most: 2 }).length === 2;
}

/** Whoever may write the database can write anything there: a time to come would mean that it never fires again. */
function mustStart({ cron, timeZone }: Schedule, state: ScheduleState, nowMs: number): boolean {
  return state.isOff || state.cron !== cron || state.timeZone !== timeZone || countsFromMs(state) > nowMs;
}

function dueTimes({ timing, catchUp }: Schedule, state: ScheduleState, nowMs: number): readonly number[] {
  if (state.isPaused) return [];
  const afterMs = countsFromMs(state);
  const next = timing.next(afterMs);
  if (next === undefined || next > nowMs) return [];
  return timing.latest({ afterMs, untilMs: nowMs, most: catchUp ? MOST_CAUGHT_UP : 1 });
}

/** The task of one time, which has the same id whoever makes it. */
function taskAt(dueAtMs: number, { name, task, payload }: Schedule, nowMs: number): NewTask {
  const origin: TaskOrigin = ["schedule", name, minuteOf(dueAtMs)];
  const entry = {
    taskId: deriveTaskId(origin, task),
    type: task.type,
    payloadJson: payload.json,
    origin,
    // No account has such an address, so that only operators may cancel it.
    caller: `schedule:${name}`,
    enqueuedAt: new Date(nowMs).toISOString(),
    hop: 0,
  };
  return { entry, payloadHash: payload.hash };
}

/** A minute in UTC: `2026-11-23T06:00Z`. */
function minuteOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, "2026-11-23T06:00".length)}Z`;
}
