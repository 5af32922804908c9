import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bundle } from "../../../../tools/bundle.ts";
import { type Bundle, commandOf, programsOf } from "../../../../tools/images/programs.ts";
import { warmUp } from "../../../../tools/images/warm-up.ts";
import { PROJECT_DIR } from "../../../../tools/project-dir.ts";
import { claimTask, naturalTask, registry, transactionTask } from "../../service/task-types.ts";

/** What runs a program as its image does: bundled, with code that is compiled already. */
export type BundleCommand = readonly [string, ...string[]];

/** The bundles of both services and of the emulators, in a temporary folder. */
export interface OurBundles {
  readonly producer: BundleCommand;
  readonly worker: BundleCommand;
  readonly emulator: BundleCommand;
  remove(): Promise<void>;
}

/** Where a user's task types and handlers stand, and ours for these measurements. */
const YOURS = {
  "shared/tasks/index.ts": 'export { registry } from "../../test/bench/service/task-types.ts";\n',
  "services/worker/handlers/index.ts": 'export { createHandlers } from "../../../test/bench/service/handlers.ts";\n',
};
const COPIED = ["package.json", "shared", "services", "packages", "test/bench/service"];

/** Bundles everything as for an image, but with the task types of test/bench/service. */
export async function makeOurBundles(): Promise<OurBundles> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-peers-"));
  const remove = () => fs.rm(folder, { recursive: true });
  try {
    const tree = path.join(folder, "tree");
    for (const part of COPIED) await fs.cp(path.join(PROJECT_DIR, part), path.join(tree, part), { recursive: true });
    await fs.symlink(path.join(PROJECT_DIR, "node_modules"), path.join(tree, "node_modules"));
    for (const [file, text] of Object.entries(YOURS)) await fs.writeFile(path.join(tree, file), text);

    const make = async (name: string): Promise<Bundle> => {
      const program = programsOf(registry).find((candidate) => candidate.name === name);
      if (!program) throw new Error(`There is no program ${name}.`);
      const to = path.join(folder, name);
      await bundle(program, { from: tree, to });
      return { program, folder: to };
    };
    const bundles = {
      producer: await make("producer"),
      worker: await make("worker"),
      emulator: await make("emulator"),
    };
    await warmUp(bundles, { taskTypes: [naturalTask, claimTask, transactionTask], queues: registry.queues });
    return {
      producer: commandOf(bundles.producer),
      worker: commandOf(bundles.worker),
      emulator: commandOf(bundles.emulator),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
