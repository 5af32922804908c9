import type * as z from "zod";
import type { logLevelVariable } from "../../../shared/runtime/config.ts";
import { parseEntry } from "../log-line.ts";

type Level = z.output<typeof logLevelVariable>;

/** The severities that a level leaves out, for levels that leave out the delivery line. */
const LEFT_OUT: ReadonlyMap<Level, readonly unknown[]> = new Map([
  ["warn", ["DEBUG", "INFO"]],
  ["error", ["DEBUG", "INFO", "WARNING"]],
]);

/** The level at which the worker must log for its deliveries to be counted, even if the developer wants less. */
export function levelForCounting(wanted: Level): Level {
  return LEFT_OUT.has(wanted) ? "info" : wanted;
}

/** Whether a line of the worker's log is below the wanted level. Lines that aren't log lines never are. */
export function isBelow(wanted: Level, line: string): boolean {
  return LEFT_OUT.get(wanted)?.includes(parseEntry(line)?.["severity"]) ?? false;
}
