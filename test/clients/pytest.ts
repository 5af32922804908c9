import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { type Outcomes, readOutcomes } from "./outcomes.ts";
import { PYTHON } from "./python.ts";
import { withScratch } from "./scratch.ts";

/** Our plugins and tests. */
export const PYTHON_DIR = path.join(import.meta.dirname, "python");

interface Session {
  readonly cwd: string;
  /** Files of tests. */
  readonly files: readonly string[];
  readonly options?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs tests by pytest, which ends by itself.
 *
 * @throws Error with what pytest printed, if it ended without having run them.
 */
export async function runPytest({ cwd, files, options = [], env }: Session): Promise<Outcomes> {
  return await withScratch(async (folder) => {
    const file = path.join(folder, "outcomes.json");
    const plugins = ["-p", "no:cacheprovider", "-p", "report_outcomes"];
    // -P keeps the folder of the tests out of the path, in which Google's have a part of the package.
    const child = spawn(
      PYTHON,
      ["-P", "-W", "ignore", "-m", "pytest", "-q", "--tb=short", ...plugins, ...options, ...files],
      {
        cwd,
        env: {
          PATH: process.env["PATH"],
          PYTHONPATH: PYTHON_DIR,
          PYTHONDONTWRITEBYTECODE: "1",
          OUTCOMES: file,
          ...env,
        },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const [printed] = await Promise.all([text(child.stdout), once(child, "exit")]);
    try {
      return readOutcomes(await fs.readFile(file, "utf8"));
    } catch (cause) {
      throw new Error(`pytest didn't run:\n${printed}`, { cause });
    }
  });
}
