/** The form's input: a time or a delay. */
export interface GivenTime {
  /** The value of a datetime-local input, in UTC: `2030-01-31T08:00` or `2030-01-31T08:00:30`. */
  readonly at: string;
  readonly delay: string;
  readonly unit: string;
}

export type NewTime =
  /** As RFC 3339 in UTC. */
  | { readonly kind: "time"; readonly scheduleTime: string }
  | { readonly kind: "wrong"; readonly field: "at" | "delay"; readonly problem: string };

/** In milliseconds. */
export const DELAY_UNITS: ReadonlyMap<string, number> = new Map([
  ["seconds", 1_000],
  ["minutes", 60_000],
  ["hours", 3_600_000],
  ["days", 86_400_000],
]);

const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?$/;
const NUMBER = /^\d{1,9}(?:\.\d{1,3})?$/;

/** Reads a new time for a task. `nowMs` is in milliseconds since the epoch. The producer checks the time itself. */
export function readNewTime({ at, delay, unit }: GivenTime, nowMs: number): NewTime {
  if (at !== "" && delay !== "") return wrong("at", "Give a delay or a time, not both.");
  if (at === "" && delay === "") return wrong("delay", "Give a delay or a time.");
  return at === "" ? readDelay({ delay, unit }, nowMs) : readTime(at);
}

function readDelay({ delay, unit }: Pick<GivenTime, "delay" | "unit">, nowMs: number): NewTime {
  const unitMs = DELAY_UNITS.get(unit);
  if (unitMs === undefined || !NUMBER.test(delay)) return wrong("delay", "Give a number, such as 15, and its unit.");
  const at = new Date(nowMs + Number(delay) * unitMs);
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9_999
    ? wrong("delay", "That is too far ahead.")
    : { kind: "time", scheduleTime: at.toISOString() };
}

function readTime(at: string): NewTime {
  const date = LOCAL_TIME.test(at) ? new Date(`${at}Z`) : undefined;
  return !date || Number.isNaN(date.getTime())
    ? wrong("at", "Give a date and a time, such as 2030-01-31T08:00.")
    : { kind: "time", scheduleTime: date.toISOString() };
}

function wrong(field: "at" | "delay", problem: string): NewTime {
  return { kind: "wrong", field, problem };
}
