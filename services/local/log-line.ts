import { styleText } from "node:util";

/** Fields that the line shows elsewhere, or that are the same on every line. */
const SHOWN_ELSEWHERE = new Set(["severity", "time", "service", "message", "err", "httpRequest"]);
/** Fields that link lines in Cloud Logging. Here they only make lines longer. */
const FOR_CLOUD_LOGGING = "logging.googleapis.com/";
const NAME_WIDTH = 11;

const COLOUR = new Map<string, Parameters<typeof styleText>[0]>([
  ["WARNING", "yellow"],
  ["ERROR", "red"],
  ["CRITICAL", "red"],
]);

/** Turns a line of JSON log output into a readable one. Keeps any other line as it is, after the name. */
export function readableLine(name: string, line: string): string {
  const prefix = styleText("dim", name.padEnd(NAME_WIDTH));
  const entry = parseEntry(line);
  if (!entry) return `${prefix} ${line}`;

  const severity = String(entry["severity"]);
  const time = styleText("dim", String(entry["time"]).slice(11, 23));
  const message = styleText(COLOUR.get(severity) ?? "reset", escapeControls(String(entry["message"])));
  const fields = Object.entries(entry)
    .filter(([key]) => !SHOWN_ELSEWHERE.has(key) && !key.startsWith(FOR_CLOUD_LOGGING))
    .map(([key, value]) => `${styleText("dim", `${escapeControls(key)}=`)}${showValue(value)}`);
  return [prefix, time, message, showRequest(entry["httpRequest"]), ...fields, showStack(entry["err"])]
    .filter((part) => part !== "")
    .join(" ");
}

function parseEntry(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "message" in value ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function showValue(value: unknown): string {
  return escapeControls(typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value));
}

/** A request and its response, such as `POST /v1/tasks 202 0.012s`. */
function showRequest(request: unknown): string {
  if (typeof request !== "object" || request === null) return "";
  return Object.values(request)
    .map((value) => escapeControls(String(value)))
    .join(" ");
}

function showStack(error: unknown): string {
  if (typeof error !== "object" || error === null || !("stack" in error)) return "";
  return `\n${String(error.stack).split("\n").map(escapeControls).join("\n")}`;
}

/** Log text may come from anyone: it must not control the terminal, break the line or reverse the text direction. */
function escapeControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
