const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** Anything nearer than this, in milliseconds, is now: clocks differ by as much. */
const NOW_MS = 1_000;

/** A relative time, such as `in 5 min` and `3 d ago`. `ms` is negative for the past. */
export function describeDistance(ms: number): string {
  const length = Math.abs(ms);
  if (length < NOW_MS) return "now";
  return ms < 0 ? `${describeDuration(length)} ago` : `in ${describeDuration(length)}`;
}

/** A duration in milliseconds, in its largest two units: `850 ms`, `12 s`, `3 min 20 s`, `2 d 4 h`. */
export function describeDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const at = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const unit = UNITS[at];
  if (!unit) return `${Math.round(ms)} ms`;
  const [name, unitMs] = unit;
  const count = Math.floor(ms / unitMs);
  const smaller = UNITS[at + 1];
  const rest = smaller ? Math.floor((ms - count * unitMs) / smaller[1]) : 0;
  return smaller && rest > 0 && count < 10 ? `${count} ${name} ${rest} ${smaller[0]}` : `${count} ${name}`;
}
