import { createLogger, type Logger } from "../../../shared/runtime/log.ts";

/** A logger that captures its lines as they would appear on standard output. */
export function captureLog(): { log: Logger; lines: readonly string[] } {
  const lines: string[] = [];
  const log = createLogger({
    service: "test",
    level: "trace",
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines };
}
