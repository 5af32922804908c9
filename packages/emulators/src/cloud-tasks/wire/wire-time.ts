import type { WireDuration, WireTimestamp } from "./wire.ts";

/**
 * Milliseconds of a Timestamp or a Duration, exact to the microsecond, like the service
 * (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#task).
 */
export function millisFromWire(time: WireTimestamp | WireDuration): number {
  const micros = Math.trunc((time.nanos ?? 0) / 1000);
  return Number(time.seconds ?? 0) * 1000 + micros / 1000;
}

/** A Timestamp or a Duration, exact to the microsecond. Parts that are zero are left out, as on the wire. */
export function millisToWire(millis: number): { seconds?: number; nanos?: number } {
  const { seconds, micros } = splitMillis(millis);
  return { ...(seconds === 0 ? {} : { seconds }), ...(micros === 0 ? {} : { nanos: micros * 1000 }) };
}

/** Seconds since the epoch with six decimal places, as in the header X-CloudTasks-TaskETA. */
export function epochSecondsText(millis: number): string {
  const { seconds, micros } = splitMillis(millis);
  return `${seconds}.${String(micros).padStart(6, "0")}`;
}

function splitMillis(millis: number): { seconds: number; micros: number } {
  const totalMicros = Math.round(millis * 1000);
  const seconds = Math.floor(totalMicros / 1_000_000);
  return { seconds, micros: totalMicros - seconds * 1_000_000 };
}
