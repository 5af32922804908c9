import pino from "pino";

export type Logger = pino.Logger;

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
 * A logger that writes one JSON object per line to standard output, with the fields that Cloud Logging understands.
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
  // Synchronous: buffered lines are lost when the process is killed, and keep it from ending when its reader has gone.
  return pino(settings, options.destination ?? pino.destination({ fd: 1, sync: true }));
}
