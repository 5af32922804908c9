import type { NewTask } from "../../../shared/records/transition.ts";

/** What is remembered of a schedule. Times are in milliseconds since the epoch, by the database's clock. */
export interface ScheduleState {
  /** By what it was due when it started. If the definition says something else now, it starts again. */
  readonly cron: string;
  readonly timeZone: string;
  /** Since when it counts: it was new then, changed, resumed or turned on again. Nothing before is made up for. */
  readonly startedAtMs: number;
  /** The last time that it was due, and fired. */
  readonly lastFiredAtMs: number | null;
  /** The task that this made. */
  readonly lastTaskId: string | null;
  readonly isPaused: boolean;
  /** Whether the stack doesn't run it, or doesn't know it. */
  readonly isOff: boolean;
}

/** One change of a schedule's state, each a commit of its own. */
export type ScheduleChange =
  /** It starts from now: it is new, changed, or on again. */
  | {
      readonly kind: "start";
      readonly cron: string;
      readonly timeZone: string;
      /** Whether what is remembered of its last time can't be true. */
      readonly forgets?: true;
    }
  | { readonly kind: "turnOff" }
  /** The task is committed to the outbox with this. */
  | { readonly kind: "fire"; readonly dueAtMs: number; readonly task: NewTask }
  | { readonly kind: "pause" }
  | { readonly kind: "resume" };

/** What is written. `startsNow` is the time of the commit as `startedAt`. What is undefined stays as it was. */
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

/** What a schedule's first state has that its first change doesn't say. */
export const NEW_STATE = { lastFiredAtMs: null, lastTaskId: null, isPaused: false, isOff: false } as const;

/** From when on a schedule's times count. They come later than this. */
export function countsFromMs({ startedAtMs, lastFiredAtMs }: ScheduleState): number {
  return Math.max(startedAtMs, lastFiredAtMs ?? startedAtMs);
}
