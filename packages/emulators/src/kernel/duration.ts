/** A duration in milliseconds, or a number with a unit: `250ms`, `90s`, `1.5h`, `30d`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/**
 * Converts a duration to milliseconds.
 *
 * @throws RangeError when it is invalid or negative.
 */
export function toMillis(duration: number | string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(ms|[smhd])$/.exec(String(duration)) ?? [];
  const millis = typeof duration === "number" ? duration : Number(amount) * (UNITS_MS.get(unit) ?? Number.NaN);
  if (Number.isFinite(millis) && millis >= 0) return millis;
  throw new RangeError(
    `${JSON.stringify(duration)} is not a duration: use milliseconds, or a number with ms, s, m, h or d, such as "90s" or "1h".`,
  );
}
