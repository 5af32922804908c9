/** Milliseconds as a proto Duration or, counted from the epoch, as a proto Timestamp: both are seconds and nanoseconds. */
export function toProtoTime(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}
