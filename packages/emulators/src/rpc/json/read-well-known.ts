import { protoName } from "./field-names.ts";

/** The value of a message, or the problem with its text. */
type Parsed = { readonly value: object } | { readonly problem: string };

/** Reads the messages that JSON has as text (https://protobuf.dev/programming-guides/json/), by their full names. */
export const textForms: ReadonlyMap<string, (text: string) => Parsed> = new Map([
  [".google.protobuf.Timestamp", parseTimestamp],
  [".google.protobuf.Duration", parseDuration],
  [".google.protobuf.FieldMask", parseFieldMask],
]);

const ZONE = /(?:Z|[+-]\d{2}:\d{2})$/;
const TIMESTAMP =
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})T(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})(?:\.(?<fraction>\d{1,9}))?(?:Z|(?<sign>[+-])(?<zoneHours>\d{2}):(?<zoneMinutes>\d{2}))$/;

/** The seconds of 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;

/** A time by RFC 3339, exact to the nanosecond. */
function parseTimestamp(text: string): Parsed {
  if (!ZONE.test(text)) {
    return { problem: "Illegal timestamp format; timestamps must end with 'Z' or have a valid timezone offset." };
  }
  const seconds = secondsOf(text);
  if (seconds === undefined) return { problem: `Invalid time format: ${text}` };
  return { value: { seconds: String(seconds), nanos: nanosOf(TIMESTAMP.exec(text)?.groups?.["fraction"]) } };
}

function secondsOf(text: string): number | undefined {
  const groups = TIMESTAMP.exec(text)?.groups;
  if (!groups) return undefined;
  const part = (name: string): number => Number(groups[name] ?? 0);
  const date = new Date(0);
  date.setUTCFullYear(part("year"), part("month") - 1, part("day"));
  const isDate = date.getUTCMonth() === part("month") - 1 && date.getUTCDate() === part("day");
  const isTime = part("hour") <= 23 && part("minute") <= 59 && part("second") <= 59;
  if (!isDate || !isTime || part("zoneHours") > 23 || part("zoneMinutes") > 59) return undefined;
  const ofDay = part("hour") * 3600 + part("minute") * 60 + part("second");
  const ahead = (part("zoneHours") * 60 + part("zoneMinutes")) * 60 * (groups["sign"] === "-" ? -1 : 1);
  const seconds = date.getTime() / 1000 + ofDay - ahead;
  return seconds >= FIRST_SECOND && seconds <= LAST_SECOND ? seconds : undefined;
}

const nanosOf = (fraction: string | undefined): number => Number((fraction ?? "").padEnd(9, "0"));

/** 10,000 years. */
const MAX_DURATION_SECONDS = 315_576_000_000n;

/** Seconds with up to nine decimal places, such as `1.5s`. */
function parseDuration(text: string): Parsed {
  if (!text.endsWith("s")) return { problem: "Illegal duration format; duration must end with 's'" };
  const [, sign, whole, fraction] = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(text) ?? [];
  if (whole === undefined) return { problem: "Invalid duration format, failed to parse seconds" };
  const nanos = nanosOf(fraction);
  const seconds = BigInt(whole);
  if (seconds > MAX_DURATION_SECONDS || (seconds === MAX_DURATION_SECONDS && nanos > 0)) {
    return { problem: "Duration value exceeds limits" };
  }
  return {
    value:
      sign === "-"
        ? { seconds: String(-seconds), nanos: nanos === 0 ? 0 : -nanos }
        : { seconds: String(seconds), nanos },
  };
}

/** Paths with commas between them, in JSON's spelling or in the proto's. Empty text is a mask without paths. */
function parseFieldMask(text: string): Parsed {
  return { value: { paths: text === "" ? [] : text.split(",").map(protoName) } };
}
