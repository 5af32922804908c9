import fs from "node:fs/promises";
import path from "node:path";
import { onTestFinished } from "vitest";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** A Pulumi program for one test. It lies inside the project, whose packages it uses, in a folder that no other test reads. It is removed after the test. */
export async function writeProgram(source: string): Promise<string> {
  const { program, remove } = await makeProgram(source);
  onTestFinished(remove);
  return program;
}

/** The same, for callers that remove it themselves. */
export async function makeProgram(
  source: string,
): Promise<{ readonly program: string; readonly remove: () => Promise<void> }> {
  const programs = path.join(PROJECT_DIR, ".local/programs");
  await fs.mkdir(programs, { recursive: true });
  const program = await fs.mkdtemp(path.join(programs, "program-"));
  await fs.writeFile(path.join(program, "package.json"), '{ "type": "module", "main": "index.ts" }');
  await fs.writeFile(path.join(program, "index.ts"), source);
  return { program, remove: () => fs.rm(program, { recursive: true }) };
}
