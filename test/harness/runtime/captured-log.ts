import { createLogger, type Logger } from "../../../shared/runtime/log.ts";

/** A logger whose lines are kept, as they would stand in standard output. */
export function captureLog(): { log: Logger; lines: readonly string[] } {
  const lines: string[] = [];
  const log = createLogger({
    service: "test",
    level: "trace",
    destination: { write: (line) => void lines.push(line) },
  });
  return { log, lines };
}
