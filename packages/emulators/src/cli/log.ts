import { styleText } from "node:util";
import type { EmulatorLog } from "../kernel/emulator-log.ts";

/** The levels of LOG_LEVEL. The emulators write nothing below `info`. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Severity names of Cloud Logging (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity). */
const SEVERITY = { info: "INFO", warn: "WARNING", error: "ERROR" } as const;

interface Entry {
  readonly severity: (typeof SEVERITY)[keyof typeof SEVERITY];
  readonly time: string;
  readonly service: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/**
 * Creates a log that writes one line for each entry.
 *
 * @param options.level the lowest level to write.
 * @param options.readable whether lines are for a person instead of one JSON object each.
 * @param options.write receives each line, with its newline.
 */
export function createLog(options: {
  service: string;
  level: LogLevel;
  readable: boolean;
  write: (line: string) => void;
}): EmulatorLog {
  const { service, level: lowest, readable, write } = options;
  const format = readable ? readableLine : jsonLine;
  const at = (level: keyof typeof SEVERITY) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(lowest)) return () => undefined;
    return (fields: object, message: string): void => {
      const time = new Date().toISOString();
      write(`${format({ severity: SEVERITY[level], time, service, fields: { ...fields }, message })}\n`);
    };
  };
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

function jsonLine({ fields, message, ...entry }: Entry): string {
  const { err, ...others } = fields;
  const shown = err instanceof Error ? { err: { type: err.name, message: err.message, stack: err.stack } } : { err };
  return JSON.stringify({ ...entry, ...others, ...shown, message });
}

const COLOUR = { INFO: "reset", WARNING: "yellow", ERROR: "red" } as const;
const NAME_WIDTH = 11;

function readableLine({ severity, time, service, fields, message }: Entry): string {
  const { err, ...others } = fields;
  const parts = Object.entries(err instanceof Error ? others : fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${styleText("dim", `${key}=`)}${showValue(value)}`);
  const prefix = [styleText("dim", service.padEnd(NAME_WIDTH)), styleText("dim", time.slice(11, 23))];
  const line = [...prefix, styleText(COLOUR[severity], escapeControls(message)), ...parts].join(" ");
  return err instanceof Error ? `${line}\n${String(err.stack).split("\n").map(escapeControls).join("\n")}` : line;
}

function showValue(value: unknown): string {
  return escapeControls(typeof value === "string" && /^\S+$/.test(value) ? value : JSON.stringify(value));
}

/** Anyone may have sent what is logged: it must not command the terminal, end the line or reverse its direction. */
function escapeControls(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
