import fs from "node:fs/promises";
import path from "node:path";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

/** A Pulumi program. It lies inside the project, whose packages it uses, in a folder that nobody else reads, until its caller removes it. */
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
