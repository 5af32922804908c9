import type { WireDuration, WireTimestamp } from "./wire.ts";

/** The latest Timestamp, in whole milliseconds: the end of the year 9999. Later times become this one. */
export const LATEST_TIME_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const MICROS_PER_SECOND = 1e6;
const NANOS_PER_MILLI = 1e6;
const NANOS_PER_SECOND = 1e9;

/**
 * Milliseconds of a Timestamp, or of a task's deadline, exact to the microsecond, like the service
 * (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#task).
 */
export function millisFromWire(time: WireTimestamp | WireDuration): number {
  const micros = Math.trunc((time.nanos ?? 0) / 1000);
  return Number(time.seconds ?? 0) * 1000 + micros / 1000;
}

/** A Timestamp or a Duration, exact to the microsecond. Parts that are zero are left out, as on the wire. */
export function millisToWire(millis: number): { seconds?: number; nanos?: number } {
  const { seconds, micros } = splitMillis(millis);
  const time: { seconds?: number; nanos?: number } = {};
  if (seconds !== 0) time.seconds = seconds;
  if (micros !== 0) time.nanos = micros * 1000;
  return time;
}

/** Milliseconds of a Duration, exact to the nanosecond up to a month, as the service keeps backoffs. */
export function durationFromWire({ seconds, nanos }: WireDuration): number {
  return Number(seconds ?? 0) * 1000 + (nanos ?? 0) / NANOS_PER_MILLI;
}

/** A Duration of milliseconds with a fraction. Parts that are zero are left out, as on the wire. */
export function durationToWire(millis: number): { seconds?: number; nanos?: number } {
  const whole = Math.floor(millis / 1000);
  const rounded = Math.round((millis - whole * 1000) * NANOS_PER_MILLI);
  const [seconds, nanos] = rounded === NANOS_PER_SECOND ? [whole + 1, 0] : [whole, rounded];
  return { ...(seconds === 0 ? {} : { seconds }), ...(nanos === 0 ? {} : { nanos }) };
}

/** Seconds since the epoch, exact to the microsecond without zeros at the end, as in the header X-CloudTasks-TaskETA. */
export function epochSecondsText(millis: number): string {
  const { seconds, micros } = splitMillis(millis);
  const fraction = String(micros).padStart(6, "0").replace(/0+$/, "");
  return fraction === "" ? String(seconds) : `${seconds}.${fraction}`;
}

function splitMillis(millis: number): { seconds: number; micros: number } {
  const seconds = Math.floor(millis / 1000);
  // Apart from the seconds, since both together have more digits than a number.
  const micros = Math.round((millis - seconds * 1000) * 1000);
  return micros === MICROS_PER_SECOND ? { seconds: seconds + 1, micros: 0 } : { seconds, micros };
}
