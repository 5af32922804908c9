import type { z } from "zod";
import type { logLevelVariable } from "../../../shared/runtime/config.ts";
import { parseEntry } from "../log-line.ts";

type Level = z.output<typeof logLevelVariable>;

/** The severities that a level leaves out, where the line of a delivery is one of them. */
const LEFT_OUT: ReadonlyMap<Level, readonly unknown[]> = new Map([
  ["warn", ["DEBUG", "INFO"]],
  ["error", ["DEBUG", "INFO", "WARNING"]],
]);

/** The level at which the worker logs, so that what it does is counted: nobody may want to read as much. */
export function levelThatCounts(wanted: Level): Level {
  return LEFT_OUT.has(wanted) ? "info" : wanted;
}

/** Whether a line of the worker's log is below the level that somebody wants to read. What isn't a line of its log never is. */
export function isBelow(wanted: Level, line: string): boolean {
  return LEFT_OUT.get(wanted)?.includes(parseEntry(line)?.["severity"]) ?? false;
}
