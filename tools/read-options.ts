import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { ConfigError } from "../shared/runtime/config-error.ts";

/**
 * Reads a tool's options from its command line.
 *
 * @throws ConfigError with the tool's usage. It doesn't quote the command line, where an unexpected argument may be a
 * secret.
 */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  args: string[],
  options: Options,
  usage: string,
) {
  try {
    return parseArgs({ args, options }).values;
  } catch {
    throw new ConfigError(`There is something else on the command line.\n\n${usage}`);
  }
}
