import type { EmulatorLog } from "../../src/kernel/emulator-log.ts";

/** One entry of a log, with its fields. */
export type LogEntry = Readonly<Record<string, unknown>> & {
  readonly level: keyof EmulatorLog;
  readonly message: string;
};

/** A log that passes its entries on. */
export function recordingLog(note: (entry: LogEntry) => void): EmulatorLog {
  const at = (level: keyof EmulatorLog) => (fields: object, message: string) => note({ ...fields, level, message });
  return { info: at("info"), warn: at("warn"), error: at("error") };
}
