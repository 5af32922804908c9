import { type WallClockPattern, parseCron } from "./cron.ts";
import { TimeZone } from "./time-zone.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Further ahead nobody looks. Between two leap days there are at most eight years. */
const HORIZON_MS = 10 * 366 * DAY_MS;
/** How far clocks are apart at most, and may be changed by, with room to spare. */
const FURTHEST_MS = 2 * DAY_MS;
/** The first span that is looked at from its end. */
const FIRST_SPAN_MS = 60 * MINUTE_MS;

/** When a schedule is due: at whole minutes, in milliseconds since the epoch. */
export interface Timing {
  /** The next time after another; undefined if there is none in ten years. */
  next(afterMs: number): number | undefined;
  /** The latest times in a span, at most so many, the oldest first. Both ends of the span are times that may be none. */
  latest(span: { readonly afterMs: number; readonly untilMs: number; readonly most: number }): readonly number[];
}

/**
 * When a cron expression is due by the clocks of a time zone, on days on which they are changed, too:
 *
 *     fixed hour      what the clocks skip is due at the first minute after it, once; what they show twice, the first time
 *     any other hour  what the clocks skip isn't due; what they show twice is due twice: real time counts
 *
 * croner fits the clocks' own times. By its time zones, a list of hours is due twice where a clock shows it twice, and a
 * list of minutes in a skipped hour isn't due at all.
 *
 * @throws TypeError when the expression can't be read, and RangeError when there is no such zone.
 */
export function timingOf({ cron, timeZone }: { readonly cron: string; readonly timeZone: string }): Timing {
  const clock: ZonedClock = { pattern: parseCron(cron), zone: new TimeZone(timeZone) };
  // Ticks ask the same again and again.
  let last = { afterMs: Number.NaN, nextMs: undefined as number | undefined };
  const next = (afterMs: number): number | undefined => {
    if (last.afterMs !== afterMs) last = { afterMs, nextMs: firstAfter(afterMs, clock) };
    return last.nextMs;
  };
  return { next, latest: (span) => latestWithin(span, (afterMs) => firstAfter(afterMs, clock)) };
}

interface ZonedClock {
  readonly pattern: WallClockPattern;
  readonly zone: TimeZone;
}

function firstAfter(afterMs: number, { pattern, zone }: ZonedClock): number | undefined {
  const horizonMs = afterMs + HORIZON_MS;
  let fromMs = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  while (fromMs <= horizonMs) {
    const { startMs, endMs, offsetMs, beforeMs } = zone.stretchAt(fromMs);
    // The clocks' times that belong to this stretch: with a fixed hour, those that were skipped before it do, and those that
    // the clocks showed before don't.
    const firstWallMs = startMs + (pattern.hasFixedHour ? beforeMs : offsetMs);
    const isAtStart = fromMs === startMs;
    const wallMs = pattern.firstFrom(isAtStart ? firstWallMs : Math.max(firstWallMs, fromMs + offsetMs));
    if (wallMs === undefined) return undefined;
    const atMs = Math.max(startMs, wallMs - offsetMs);
    if (atMs < endMs) return atMs;
    // Clocks that are soon put back show times again that were passed over. Otherwise nothing fits until then.
    const mayLeap = endMs - fromMs >= DAY_MS;
    fromMs = mayLeap ? Math.max(endMs, wholeDay(wallMs - offsetMs - FURTHEST_MS)) : endMs;
  }
  return undefined;
}

function wholeDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** Looks at ever longer spans before the end, so that years of minutes cost no more than the last ones. */
function latestWithin(
  { afterMs, untilMs, most }: Parameters<Timing["latest"]>[0],
  next: Timing["next"],
): readonly number[] {
  for (let spanMs = FIRST_SPAN_MS; ; spanMs *= 2) {
    const fromMs = Math.max(afterMs, untilMs - spanMs);
    const found: number[] = [];
    for (let at = next(fromMs); at !== undefined && at <= untilMs; at = next(at)) found.push(at);
    if (found.length >= most || fromMs === afterMs) return found.slice(-most);
  }
}
