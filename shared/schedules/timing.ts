import { type WallClockPattern, parseCron } from "./cron.ts";
import { TimeZone } from "./time-zone.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How far ahead to search. Two leap days are at most eight years apart. */
const HORIZON_MS = 10 * 366 * DAY_MS;
/** More than clocks can differ by, or be changed by. */
const MAX_AHEAD_MS = 2 * DAY_MS;
/** The length of the first span to search, counted back from the end. */
const FIRST_SPAN_MS = 60 * MINUTE_MS;

/** When a schedule is due: at whole minutes, in milliseconds since the epoch. */
export interface Timing {
  /** The first time after another; undefined if there is none in ten years. */
  next(afterMs: number): number | undefined;
  /** The latest `most` times in a span, in ascending order. `afterMs` is exclusive, `untilMs` inclusive. */
  latest(span: { readonly afterMs: number; readonly untilMs: number; readonly most: number }): readonly number[];
}

/**
 * When a cron expression is due in a time zone, including days on which its clocks change:
 *
 *     fixed hour      what the clocks skip is due at the first minute after it, once; what they show twice, the first time
 *     any other hour  what the clocks skip isn't due; what they show twice is due twice: real time counts
 *
 * croner matches wall-clock times only. With its own time zones, a list of hours would be due twice where a clock shows
 * it twice, and a list of minutes in a skipped hour not at all.
 *
 * @throws TypeError when the expression is invalid, and RangeError when the zone is unknown.
 */
export function timingOf({ cron, timeZone }: { readonly cron: string; readonly timeZone: string }): Timing {
  const clock: ZonedClock = { pattern: parseCron(cron), zone: new TimeZone(timeZone) };
  // Ticks ask for the same time repeatedly.
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
    // The wall-clock times of this period. With a fixed hour, those that were skipped just before it belong to it, and
    // those that were already shown don't.
    const firstWallMs = startMs + (pattern.hasFixedHour ? beforeMs : offsetMs);
    const isAtStart = fromMs === startMs;
    const wallMs = pattern.firstFrom(isAtStart ? firstWallMs : Math.max(firstWallMs, fromMs + offsetMs));
    if (wallMs === undefined) return undefined;
    const atMs = Math.max(startMs, wallMs - offsetMs);
    if (atMs < endMs) return atMs;
    // Clocks that are soon set back will show some passed times again. Otherwise nothing matches until then.
    const mayLeap = endMs - fromMs >= DAY_MS;
    fromMs = mayLeap ? Math.max(endMs, wholeDay(wallMs - offsetMs - MAX_AHEAD_MS)) : endMs;
  }
  return undefined;
}

function wholeDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** Searches ever longer spans before the end, so that years of minutes cost no more than the last few. */
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
