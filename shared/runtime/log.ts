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
 * A logger that writes one JSON object a line to standard output, in the fields that Cloud Logging understands.
 *
 * @param options.level the least level that is written; default "info".
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
  // Written at once: what waits in memory is lost with a killed process, and keeps one whose reader has gone from ending.
  return pino(settings, options.destination ?? pino.destination({ fd: 1, sync: true }));
}
