import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/**
 * Reads the command line of a program that people run by hand. `--help` prints its usage and ends it; so does an
 * unexpected argument, with exit code 1.
 */
export function readArguments<const Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  try {
    const help = { help: { type: "boolean" } } as const;
    const { values, positionals } = parseArgs({ options: { ...options, ...help }, allowPositionals: true });
    if (!process.argv.includes("--help")) return { values, positionals };
    process.stdout.write(usage);
    process.exit();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(1);
  }
}
