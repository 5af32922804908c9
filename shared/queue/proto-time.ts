/** Converts milliseconds to a proto Duration or, if counted from the epoch, a proto Timestamp. */
export function toProtoTime(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) };
}
