import fs from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** A Pulumi program of the test's own. It lies within the project, whose packages it uses, and goes with the test. */
export async function writeProgram(source: string): Promise<string> {
  const { program, remove } = await makeProgram(source);
  onTestFinished(remove);
  return program;
}

/** The same, for whoever removes it. */
export async function makeProgram(
  source: string,
): Promise<{ readonly program: string; readonly remove: () => Promise<void> }> {
  const program = await fs.mkdtemp(path.join(PROJECT_DIR, "test/infra/support/program-"));
  await fs.writeFile(path.join(program, "package.json"), '{ "type": "module", "main": "index.ts" }');
  await fs.writeFile(path.join(program, "index.ts"), source);
  return { program, remove: () => fs.rm(program, { recursive: true }) };
}
