import type { Schedule } from "../../shared/schedules/schedule.ts";

const MINUTE_MS = 60_000;

/** Where a field's values are: minute, hour, day of month, month, day of week. */
type Fields = readonly [number, number, number, number, number];

const NAMES = new Map(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"].map((name, day) => [name, day]));
const RANGES = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 6],
] as const;

/**
 * When schedules are due in a span, in milliseconds since the epoch: minute by minute, by what the zone's clocks show, with
 * none of the code that fires them. A slow way, to check the fast one against.
 */
export function dueByHand(
  { cron, timeZone }: Pick<Schedule, "cron" | "timeZone">,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number[] {
  const fits = fitsCron(cron);
  const hasFixedHour = /^[\d,]+$/.test(cron.split(" ")[1] ?? "");
  const clock = clockOf(timeZone);
  const due: number[] = [];
  // The hours before the span tell which of its times the clocks show for the second time.
  let latestShown = 0;
  for (let at = fromMs - 3 * 60 * MINUTE_MS; at <= toMs; at += MINUTE_MS) {
    const shown = clock(at);
    const isAgain = shown <= latestShown;
    const skipped = latestShown === 0 || isAgain ? [] : minutesBetween(latestShown, shown);
    const isDue = hasFixedHour ? (!isAgain && fits(shown)) || skipped.some(fits) : fits(shown);
    if (isDue && at >= fromMs) due.push(at);
    latestShown = Math.max(latestShown, shown);
  }
  return due;
}

function minutesBetween(from: number, to: number): number[] {
  const minutes: number[] = [];
  for (let at = from + MINUTE_MS; at < to; at += MINUTE_MS) minutes.push(at);
  return minutes;
}

const shownByZone = new Map<string, (atMs: number) => number>();

/** What a zone's clocks show, as if it were UTC. */
function clockOf(timeZone: string): (atMs: number) => number {
  const known = shownByZone.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  // No zone changes its clocks but at a quarter of an hour.
  const quarters = new Map<number, number>();
  const quarterMs = 15 * MINUTE_MS;
  const clock = (atMs: number): number => {
    const startMs = Math.floor(atMs / quarterMs) * quarterMs;
    let shown = quarters.get(startMs);
    if (shown === undefined) {
      shown = Date.parse(`${format.format(startMs).replace(" ", "T")}Z`);
      quarters.set(startMs, shown);
    }
    return shown + (atMs - startMs);
  };
  shownByZone.set(timeZone, clock);
  return clock;
}

function fitsCron(cron: string): (shown: number) => boolean {
  const [minute, hour, day, month, weekday] = cron.split(" ").map((field, index) => fitsField(field, index));
  const isAnyDay = cron.split(" ")[2] === "*";
  const isAnyWeekday = cron.split(" ")[4] === "*";
  if (!minute || !hour || !day || !month || !weekday) throw new Error(`${cron} has no five fields.`);
  return (shown) => {
    const date = new Date(shown);
    const fields: Fields = [
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth() + 1,
      date.getUTCDay(),
    ];
    if (!minute(fields[0], date) || !hour(fields[1], date) || !month(fields[3], date)) return false;
    if (isAnyDay || isAnyWeekday) return day(fields[2], date) && weekday(fields[4], date);
    return day(fields[2], date) || weekday(fields[4], date);
  };
}

function fitsField(field: string, index: number): (value: number, date: Date) => boolean {
  if (field === "L") {
    return (value, date) => value === new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  }
  const values = new Set(field.split(",").flatMap((part) => valuesOf(part, RANGES[index] ?? RANGES[0])));
  return (value) => values.has(value);
}

function valuesOf(part: string, [least, most]: readonly [number, number]): number[] {
  const [range = "", step = "1"] = part.split("/");
  const [from, to] = range === "*" ? [least, most] : range.split("-").map((text) => NAMES.get(text) ?? Number(text));
  const last = to ?? from ?? most;
  const values: number[] = [];
  for (let value = from ?? least; value <= last; value += Number(step)) values.push(value);
  return values;
}
