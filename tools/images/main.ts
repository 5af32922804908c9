import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { explainFailure } from "../../shared/runtime/program.ts";
import { bundle } from "../bundle.ts";
import { CACHE_FOLDER, compileCacheEnv, handCacheTo } from "./compile-cache.ts";
import { sizeOf } from "../folder-size.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { registry } from "../../shared/tasks/index.ts";
import { type Program, programsOf } from "./programs.ts";
import { tryOut } from "./try-out.ts";

const USAGE = `npm run build [-- OPTIONS]

Bundles each program into dist/NAME, warms its compile cache, and runs it again outside the project, to check that it
listens, answers and stops.

  --cache-for-uid NUMBER   hand the compile caches to this user; an image needs the user that it runs as
`;

/** Bundles one program and runs it where it can't find anything of the project. Returns its line of the table. */
async function make(program: Program): Promise<string> {
  const folder = path.join(PROJECT_DIR, "dist", program.name);
  await bundle(program, { from: PROJECT_DIR, to: folder });
  const away = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-bundle-"));
  try {
    const copy = path.join(away, program.name);
    await fs.cp(folder, copy, { recursive: true });
    const command = [process.execPath, path.join(copy, "main.js")];
    // The first run fills the cache; the second starts from it. Node looks cache entries up by a file's path relative
    // to it.
    await tryOut(program, { command, cwd: away, env: { ...compileCacheEnv(copy), ...program.warmUpEnv } });
    await fs.cp(path.join(copy, CACHE_FOLDER), path.join(folder, CACHE_FOLDER), { recursive: true });
    const { listeningAfterMs } = await tryOut(program, { command, cwd: away, env: compileCacheEnv(copy) });
    const { files, bytes } = await sizeOf(folder);
    const size = `${(bytes / 2 ** 20).toFixed(1)} MiB in ${files} files`;
    return `${program.name.padEnd(22)} ${size.padEnd(24)} listening after ${listeningAfterMs.toFixed(0)} ms\n`;
  } finally {
    await fs.rm(away, { recursive: true });
  }
}

try {
  const { values } = parseArgs({ options: { "cache-for-uid": { type: "string" }, help: { type: "boolean" } } });
  const uid = values["cache-for-uid"];
  if (uid !== undefined && !/^\d+$/.test(uid)) throw new ConfigError("--cache-for-uid must be a user id, a number.");
  if (values.help) process.stdout.write(USAGE);
  for (const program of values.help ? [] : programsOf(registry)) {
    process.stdout.write(await make(program));
    if (uid !== undefined) await handCacheTo(Number(uid), path.join(PROJECT_DIR, "dist", program.name));
  }
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
