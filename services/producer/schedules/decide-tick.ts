import { type TaskOrigin, deriveTaskId } from "../../../shared/contract/task-id.ts";
import type { NewTask } from "../../../shared/records/transition.ts";
import type { Schedule } from "../../../shared/schedules/schedule.ts";
import { type ScheduleChange, type ScheduleState, countsFromMs } from "./schedule-state.ts";

/** With `catchUp`, how many of the missed times fire: the latest ones. */
const MAX_CAUGHT_UP = 100;

/** A tick's time by the database's clock, and whether the stack has turned the schedule off. */
interface Now {
  readonly nowMs: number;
  readonly isOff: boolean;
}

/**
 * A tick's changes to a schedule, in order. Each depends on the one before.
 *
 * @param schedule undefined if this revision doesn't know it.
 * @param state null if it has no state yet.
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

/** Anybody who can write to the database can write any time: with a future one, it would never fire again. */
function mustStart({ cron, timeZone }: Schedule, state: ScheduleState, nowMs: number): boolean {
  return state.isOff || state.cron !== cron || state.timeZone !== timeZone || countsFromMs(state) > nowMs;
}

function dueTimes({ timing, catchUp }: Schedule, state: ScheduleState, nowMs: number): readonly number[] {
  if (state.isPaused) return [];
  const afterMs = countsFromMs(state);
  const next = timing.next(afterMs);
  if (next === undefined || next > nowMs) return [];
  return timing.latest({ afterMs, untilMs: nowMs, most: catchUp ? MAX_CAUGHT_UP : 1 });
}

/** The task for one time. Its id is the same whichever tick creates it. */
function taskAt(dueAtMs: number, { name, task, payload }: Schedule, nowMs: number): NewTask {
  const origin: TaskOrigin = ["schedule", name, minuteOf(dueAtMs)];
  const entry = {
    taskId: deriveTaskId(origin, task),
    type: task.type,
    payloadJson: payload.json,
    origin,
    // No account has this address, so only operators may cancel the task.
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
