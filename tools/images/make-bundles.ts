import path from "node:path";
import { CANARIES } from "../../shared/tasks/canary.ts";
import { registry } from "../../shared/tasks/index.ts";
import { bundle } from "../bundle.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { type Program, programsOf } from "./programs.ts";
import { warmUp } from "./warm-up.ts";

/** A program's bundle: `node FOLDER/main.js` starts it. */
export interface Bundle {
  readonly program: Program;
  readonly folder: string;
}

/** Bundles all programs into folders of their names, and fills their code caches. */
export async function makeBundles(into: string) {
  const made: Bundle[] = [];
  for (const program of programsOf(registry)) {
    const folder = path.join(into, program.name);
    await bundle(program, { from: PROJECT_DIR, to: folder });
    made.push({ program, folder });
  }
  const [producer, worker, emulator] = made;
  if (!producer || !worker || !emulator) throw new Error("There is no such program.");
  await warmUp({ producer, worker, emulator }, CANARIES);
  return { producer, worker, emulator };
}
