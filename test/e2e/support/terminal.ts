import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import * as z from "zod";

/** As in a terminal: with this Node, and without what our own test run sets. */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:VITEST|METADATA_)/.test(name))),
  NO_COLOR: "1",
  PATH: `${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
};

/**
 * Returns what a command prints.
 *
 * @throws Error with the whole output when the command fails.
 */
export async function output(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    return (await promisify(execFile)(command, args, { cwd, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = printedSchema.parse(error);
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const printedSchema = z.object({ stdout: z.string(), stderr: z.string() });
