import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bundle } from "../../../../tools/bundle.ts";
import { compileCacheEnv } from "../../../../tools/images/compile-cache.ts";
import { programsOf } from "../../../../tools/images/programs.ts";
import { tryOut } from "../../../../tools/images/try-out.ts";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";
import { registry } from "../../service/task-types.ts";

/** A service as its image runs it: bundled, with code that is compiled already. */
export interface Bundle {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** Where a user's task types and handlers stand, and ours for these measurements. */
const YOURS = {
  "shared/tasks/index.ts": 'export { registry } from "../../test/bench/service/task-types.ts";\n',
  "services/worker/handlers/index.ts": 'export { createHandlers } from "../../../test/bench/service/handlers.ts";\n',
};
const COPIED = ["package.json", "shared", "services", "test/bench/service"];

/** Both services' bundles, in a temporary folder. */
export interface OurBundles {
  readonly producer: Bundle;
  readonly worker: Bundle;
  remove(): Promise<void>;
}

/** Bundles both services with the task types of test/bench/service, and warms their compile caches as an image's. */
export async function makeOurBundles(): Promise<OurBundles> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-peers-"));
  const tree = path.join(folder, "tree");
  for (const part of COPIED) await fs.cp(path.join(PROJECT_DIR, part), path.join(tree, part), { recursive: true });
  await fs.symlink(path.join(PROJECT_DIR, "node_modules"), path.join(tree, "node_modules"));
  for (const [file, text] of Object.entries(YOURS)) await fs.writeFile(path.join(tree, file), text);

  const make = async (name: "producer" | "worker"): Promise<Bundle> => {
    const program = programsOf(registry).find((candidate) => candidate.name === name);
    if (!program) throw new Error(`There is no program ${name}.`);
    const to = path.join(folder, name);
    await bundle(program, { from: tree, to });
    const made: Bundle = { command: [process.execPath, path.join(to, "main.js")], env: compileCacheEnv(to) };
    await tryOut(program, { command: made.command, cwd: to, env: { ...made.env, ...program.warmUpEnv } });
    return made;
  };
  const bundles = { producer: await make("producer"), worker: await make("worker") };
  return { ...bundles, remove: () => fs.rm(folder, { recursive: true }) };
}
