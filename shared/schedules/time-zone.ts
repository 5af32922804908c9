const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How many days' offsets a zone remembers. */
const MOST_KEPT = 10_000;

/** A stretch of time in which a zone's clocks show real time moved by one offset. All times are in milliseconds since the epoch. */
export interface Stretch {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** What the clocks show more than UTC. */
  readonly offsetMs: number;
  /** What they showed more than UTC just before it. */
  readonly beforeMs: number;
}

/** Its clocks need no data about zones, which takes Node 20 ms to load. */
const UTC = "Etc/UTC";

/** Whether there is a time zone of this name. Offsets such as `+02:00` are none: their clocks never change. */
export function isTimeZone(name: string): boolean {
  if (name === UTC) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** A time zone, as its clocks move. */
export class TimeZone {
  /** Undefined: UTC. */
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #kept = new Map<number, number>();

  /** @throws RangeError if there is no time zone of this name. */
  constructor(name: string) {
    if (name !== UTC) this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  /**
   * The stretch that a time is in, as far as this matters: it starts a day before at the earliest, and ends with the day in
   * UTC. No clock is changed twice in two days.
   */
  stretchAt(atMs: number): Stretch {
    const dayMs = Math.floor(atMs / DAY_MS) * DAY_MS;
    const today = this.#changeOn(dayMs);
    const last = today !== undefined && today <= atMs ? today : this.#changeOn(dayMs - DAY_MS);
    const startMs = last ?? dayMs;
    return {
      startMs,
      endMs: today !== undefined && today > atMs ? today : dayMs + DAY_MS,
      offsetMs: this.#offsetAt(startMs),
      beforeMs: this.#offsetAt(last === undefined ? startMs : startMs - MINUTE_MS),
    };
  }

  /** When the clocks are changed on a day in UTC, whose end belongs to it. */
  #changeOn(dayMs: number): number | undefined {
    const nextDayMs = dayMs + DAY_MS;
    return this.#offsetAt(dayMs) === this.#offsetAt(nextDayMs) ? undefined : this.#changeBetween(dayMs, nextDayMs);
  }

  /** The first minute with the offset of the later time. */
  #changeBetween(fromMs: number, toMs: number): number {
    const after = this.#offsetAt(toMs);
    let [low, high] = [fromMs, toMs];
    while (high - low > MINUTE_MS) {
      const middle = low + Math.floor((high - low) / 2 / MINUTE_MS) * MINUTE_MS;
      if (this.#offsetAt(middle) === after) high = middle;
      else low = middle;
    }
    return high;
  }

  #offsetAt(atMs: number): number {
    if (!this.#format) return 0;
    const kept = this.#kept.get(atMs);
    if (kept !== undefined) return kept;
    const offsetMs = parseOffset(this.#format.format(atMs));
    if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
    this.#kept.set(atMs, offsetMs);
    return offsetMs;
  }
}

/** Reads the end of a text such as `10/25/2026, GMT+10:30`. */
function parseOffset(text: string): number {
  const found = /GMT(?:([+-])(\d\d):(\d\d)(?::\d\d)?)?$/.exec(text);
  if (!found) throw new Error(`A time zone's offset has an unknown form: ${text}`);
  const [, sign, hours = "0", minutes = "0"] = found;
  const ms = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return sign === "-" ? -ms : ms;
}
