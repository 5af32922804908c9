const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** How many days' offsets are cached per zone. */
const MAX_KEPT = 10_000;

/** A period in which a zone has one offset from UTC. All times are in milliseconds since the epoch. */
export interface Stretch {
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** The zone's offset from UTC. */
  readonly offsetMs: number;
  /** The zone's offset from UTC just before the period. */
  readonly beforeMs: number;
}

/** UTC needs no time zone data, which takes Node 20 ms to load. */
const UTC = "Etc/UTC";

/** Whether there is a time zone with this name. Offsets such as `+02:00` don't count: their clocks never change. */
export function isTimeZone(name: string): boolean {
  if (name === UTC) return true;
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** A time zone with its clock changes. */
export class TimeZone {
  /** Undefined: UTC. */
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #kept = new Map<number, number>();

  /** @throws RangeError if there is no time zone of this name. */
  constructor(name: string) {
    if (name !== UTC) this.#format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  }

  /**
   * The period that contains a time, clipped: it starts at most a day before the time and ends with the time's day in
   * UTC. No clock changes twice in two days.
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

  /** When the clocks change on a day in UTC. The end of the day belongs to it. */
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
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(atMs, offsetMs);
    return offsetMs;
  }
}

/** Reads the offset at the end of a text such as `10/25/2026, GMT+10:30`. */
function parseOffset(text: string): number {
  const found = /GMT(?:([+-])(\d\d):(\d\d)(?::\d\d)?)?$/.exec(text);
  if (!found) throw new Error(`A time zone's offset has an unknown form: ${text}`);
  const [, sign, hours = "0", minutes = "0"] = found;
  const ms = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
  return sign === "-" ? -ms : ms;
}
