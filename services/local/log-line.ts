import { styleText } from "node:util";
import { isObject } from "../../shared/runtime/is-object.ts";
import { readError } from "./log-error.ts";

type Fields = Readonly<Record<string, unknown>>;

const NAME_WIDTH = 11;
const TIME_OF_DAY = /T(\d\d:\d\d:\d\d\.\d+)/;

/** The labels that Cloud Logging uses to find a task's lines: its id, type and queue. */
const LABELS = "logging.googleapis.com/labels";
/** The other fields with this prefix link lines in Cloud Logging. Here they only make lines longer. */
const FOR_CLOUD_LOGGING = "logging.googleapis.com/";

type Style = "dim" | "yellow" | "red" | "reset";

const COLOUR = new Map<unknown, Style>([
  ["WARNING", "yellow"],
  ["ERROR", "red"],
  ["CRITICAL", "red"],
]);

/**
 * Formats a line of JSON log output for reading: name, time, severity unless it is INFO, message, request, the line's
 * task, all other fields, and errors on their own lines. Any other line is kept as it is, after the name. Nothing in
 * a line can control the terminal.
 */
export function readableLine(name: string, line: string): string {
  const prefix = styled("dim", name.padEnd(NAME_WIDTH));
  const entry = parseEntry(line);
  if (!entry) return `${prefix} ${escapeCommands(line)}`;

  const { severity = "INFO", time, message, ...rest } = entry;
  const timeOfDay = TIME_OF_DAY.exec(String(time))?.[1];
  const text = severity === "INFO" ? showText(message) : `${showText(severity)} ${showText(message)}`;
  const { request, errors, fields } = takeApart(name, rest);
  return [
    prefix,
    timeOfDay === undefined ? "" : styled("dim", timeOfDay),
    styled(COLOUR.get(severity) ?? "reset", text),
    request,
    ...(timeOfDay === undefined && time !== undefined ? [showField("time", time)] : []),
    ...[...fields].map(([key, value]) => showField(key, value)),
    ...errors.map((error) => `\n${error.split("\n").map(escapeControls).join("\n")}`),
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** The fields of a line of JSON log output; undefined if it isn't one. */
export function parseEntry(line: string): Fields | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && "message" in value ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Everything but time, severity and message. A field without the form that it should have is shown like any other. */
function takeApart(name: string, entry: Fields): { request: string; errors: string[]; fields: Map<string, unknown> } {
  const labels = entry[LABELS];
  // First, so that the task stands at one place in all lines. What the line itself says of it counts.
  const fields = new Map(isObject(labels) ? Object.entries(labels) : []);
  const errors: string[] = [];
  let request = "";
  for (const [key, value] of Object.entries(entry)) {
    const error = key === "err" || key === "error" ? readError(value) : undefined;
    if (error) {
      errors.push(error.text);
      for (const [detail, its] of Object.entries(error.details)) fields.set(`${key}.${detail}`, its);
    } else if (key === "httpRequest" && isObject(value)) request = showRequest(value);
    else if (!key.startsWith(FOR_CLOUD_LOGGING) && !(key === "service" && value === name)) fields.set(key, value);
  }
  return { request, errors, fields };
}

/** A request and its response, such as `POST /v1/tasks 202 0.012s`. */
function showRequest(request: Fields): string {
  return Object.values(request).map(showText).join(" ");
}

function showField(key: string, value: unknown): string {
  return `${styled("dim", `${escapeControls(key)}=`)}${showValue(value)}`;
}

function showText(value: unknown): string {
  return escapeControls(typeof value === "string" ? value : JSON.stringify(value));
}

function showValue(value: unknown): string {
  return escapeControls(typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value));
}

/** The text before and after a text in this style, once known: it depends on the terminal alone. */
const STYLES = new Map<Style, readonly [before: string, after: string]>();

function styled(style: Style, text: string): string {
  let known = STYLES.get(style);
  if (!known) {
    const [before = "", after = ""] = styleText(style, "|").split("|");
    known = [before, after];
    STYLES.set(style, known);
  }
  return `${known[0]}${text}${known[1]}`;
}

/** Log text may be from anyone: it must not control the terminal, break the line or reverse the text direction. */
export function escapeControls(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** Almost all text is like this and needs no escapes. */
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Does the same for output that isn't a log line, but keeps tabs and colours. */
function escapeCommands(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replaceAll(/\u001b\[[\d;]*m|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    found === "\t" || found.length > 2 ? found : escaped(found),
  );
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
