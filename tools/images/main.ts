import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { explainFailure } from "../../shared/runtime/program.ts";
import { CANARIES } from "../../shared/tasks/canary.ts";
import { registry } from "../../shared/tasks/index.ts";
import { sizeOf } from "../folder-size.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { makeBundles } from "./make-bundles.ts";
import { type Bundle, commandOf } from "./programs.ts";
import { tryOut } from "./try-out.ts";

const USAGE = `npm run build

Bundles each program into dist/NAME, fills their code caches with the tasks of a smoke test, and runs each again outside
the project, to check that it listens, answers and stops.
`;

/** Runs a bundle in a place where it can't find the project or an emulator. Returns its line of the table. */
async function check({ program, folder }: Bundle): Promise<string> {
  const away = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-bundle-"));
  try {
    const copy = path.join(away, program.name);
    await fs.cp(folder, copy, { recursive: true });
    const { listeningAfterMs } = await tryOut(program, { command: commandOf({ program, folder: copy }), cwd: away });
    const { files, bytes } = await sizeOf(folder);
    const size = `${(bytes / 2 ** 20).toFixed(1)} MiB in ${files} files`;
    return `${program.name.padEnd(22)} ${size.padEnd(24)} listening after ${listeningAfterMs.toFixed(0)} ms\n`;
  } finally {
    await fs.rm(away, { recursive: true });
  }
}

try {
  const { values } = parseArgs({ options: { help: { type: "boolean" } } });
  if (values.help) process.stdout.write(USAGE);
  else {
    const bundles = await makeBundles(path.join(PROJECT_DIR, "dist"), { registry, canaries: CANARIES });
    for (const each of Object.values(bundles)) process.stdout.write(await check(each));
  }
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
