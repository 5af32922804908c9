import type { Command } from "commander";
import type { LetterFilter } from "../../views/dead-letter.ts";

/** Adds the options that select dead letters. */
export function addFilter(command: Command): Command {
  return command
    .option("--type <type>", "only those of this task type")
    .option("--queue <queue>", "only those of this queue")
    .option("--code <code>", "only those with this error code")
    .option("--from <time>", "only those that died then or later, in RFC 3339 such as 2030-01-01T00:00:00Z")
    .option("--to <time>", "only those that died before then");
}

/** The filter in a command's options. */
export function filterOf({ type, queue, code, from, to }: LetterFilter): LetterFilter {
  const given = Object.entries({ type, queue, code, from, to }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}
