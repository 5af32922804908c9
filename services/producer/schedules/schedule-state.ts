import type { NewTask } from "../../../shared/records/transition.ts";

/** A schedule's state. Times are in milliseconds since the epoch, by the database's clock. */
export interface ScheduleState {
  /** The cron expression when it started. If the definition now has another one, it starts again. */
  readonly cron: string;
  readonly timeZone: string;
  /** When it was new, changed, resumed or turned on again. Earlier missed times don't fire. */
  readonly startedAtMs: number;
  /** The last time at which it was due and fired. */
  readonly lastFiredAtMs: number | null;
  /** The task of that firing. */
  readonly lastTaskId: string | null;
  readonly isPaused: boolean;
  /** Whether the stack has turned it off, or doesn't know it. */
  readonly isOff: boolean;
}

/** One change of a schedule's state, made in its own commit. */
export type ScheduleChange =
  /** It starts from now: it is new, changed, or on again. */
  | {
      readonly kind: "start";
      readonly cron: string;
      readonly timeZone: string;
      /** Set if the stored last firing can't be true, so that it is dropped. */
      readonly forgets?: true;
    }
  | { readonly kind: "turnOff" }
  /** The task is committed to the outbox together with the state. */
  | { readonly kind: "fire"; readonly dueAtMs: number; readonly task: NewTask }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" };

/** The fields to write. `startsNow` sets `startedAt` to the commit's time. Undefined fields don't change. */
export interface StateUpdate extends Partial<Omit<ScheduleState, "startedAtMs">> {
  readonly startsNow?: true;
}

/** The only interpreter of changes: every store writes what it returns. */
export function updateOf(change: ScheduleChange): StateUpdate {
  switch (change.kind) {
    case "start": {
      const { cron, timeZone, forgets } = change;
      const started = { cron, timeZone, startsNow: true, isOff: false } as const;
      return forgets ? { ...started, lastFiredAtMs: null, lastTaskId: null } : started;
    }
    case "turnOff":
      return { isOff: true };
    case "fire":
      return { lastFiredAtMs: change.dueAtMs, lastTaskId: change.task.entry.taskId };
    case "pause":
      return { isPaused: true };
    case "resume":
      return { isPaused: false, startsNow: true };
    default:
      return change satisfies never;
  }
}

/** The fields of a schedule's first state that its first change doesn't set. */
export const NEW_STATE = { lastFiredAtMs: null, lastTaskId: null, isPaused: false, isOff: false } as const;

/** The time after which a schedule's times count. */
export function countsFromMs({ startedAtMs, lastFiredAtMs }: ScheduleState): number {
  return Math.max(startedAtMs, lastFiredAtMs ?? startedAtMs);
}
