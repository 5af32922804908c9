import { Cron } from "croner";

const FIELDS = 5;
const LONGEST = 200;

/** A cron expression matched against wall-clock times. Such a time is in milliseconds, as if the clock showed UTC. */
export interface WallClockPattern {
  /** Whether the hour is a number or a list of numbers. */
  readonly hasFixedHour: boolean;
  /** The first matching time at or after another; undefined if there is none. */
  firstFrom(wallMs: number): number | undefined;
}

/**
 * Reads a cron expression of five fields: minute, hour, day of month, month and day of week.
 *
 * @throws TypeError with a sentence that says what is wrong.
 */
export function parseCron(text: string): WallClockPattern {
  const fields = text.trim().split(/\s+/);
  const [, hour = ""] = fields;
  if (fields.length !== FIELDS || text.length > LONGEST) {
    throw new TypeError(`cron must have five fields, such as "*/15 * * * *" or "0 3 * * MON".`);
  }
  const pattern = read(text);
  const first = pattern.nextRun(new Date(0));
  if (!first) throw new TypeError("cron matches no day: check its day and month.");
  return {
    hasFixedHour: !/[*?/-]/.test(hour),
    firstFrom: (wallMs) => pattern.nextRun(new Date(wallMs - 1))?.getTime(),
  };
}

/** Without a time zone, so that it only matches what a clock shows. */
function read(text: string): Cron {
  try {
    return new Cron(text, { mode: "5-part", utcOffset: 0, paused: true });
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    throw new TypeError(`cron can't be read: ${why}`, { cause: error });
  }
}
