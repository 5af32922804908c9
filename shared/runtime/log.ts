import pino from "pino";
import { LineWriter } from "../process/line-writer.ts";

export type Logger = pino.Logger;

const STANDARD_OUTPUT = 1;

/** Severity names of Cloud Logging (https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity). */
const SEVERITY = new Map([
  ["trace", "DEBUG"],
  ["debug", "DEBUG"],
  ["info", "INFO"],
  ["warn", "WARNING"],
  ["error", "ERROR"],
  ["fatal", "CRITICAL"],
]);

/**
 * A logger that writes one JSON object per line to standard output, with the fields that Cloud Logging understands. It
 * never blocks on its reader: lines that nobody reads are dropped and counted.
 *
 * @param options.level the lowest level that is written; default "info".
 * @param options.destination where to write instead.
 */
export function createLogger(options: {
  service: string;
  level?: string;
  destination?: pino.DestinationStream;
}): Logger {
  const settings: pino.LoggerOptions = {
    level: options.level ?? "info",
    base: { service: options.service },
    messageKey: "message",
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ severity: SEVERITY.get(label) ?? "DEFAULT" }) },
  };
  if (options.destination) return pino(settings, options.destination);
  const logger: Logger = pino(
    settings,
    new LineWriter(STANDARD_OUTPUT, (dropped) => logger.warn({ dropped }, "log lines were dropped: nobody read them")),
  );
  return logger;
}
