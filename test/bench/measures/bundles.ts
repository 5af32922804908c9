import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { bundle } from "../../../tools/bundle.ts";
import { compileCacheEnv } from "../../../tools/images/compile-cache.ts";
import { sizeOf } from "../../../tools/folder-size.ts";
import { type Program, programsOf } from "../../../tools/images/programs.ts";
import { type TryOut, tryOut } from "../../../tools/images/try-out.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { median } from "../median.ts";
import { residentMib } from "../processes/process-usage.ts";
import { registry } from "../../../shared/tasks/index.ts";

interface Start {
  readonly listeningMs: number;
  readonly residentMib: number;
}

/**
 * Medians over `runs` pairs of alternating starts: a service from its sources, and from its bundle with a warm cache.
 */
export async function measureBundle(
  name: "producer" | "worker",
  runs: number,
): Promise<{ sources: Start; bundled: Start; bundleMib: number }> {
  const { program, folder: to, remove } = await makeBundle(name);
  try {
    const start = (file: string, env: Readonly<Record<string, string>>): Promise<TryOut> =>
      tryOut(program, {
        command: [process.execPath, file],
        cwd: to,
        env,
        residentBytesOf: (pid) => residentMib(pid).now * 2 ** 20,
      });
    const startSources = () => start(path.join(PROJECT_DIR, program.entry), {});
    const startBundle = () => start(path.join(to, "main.js"), compileCacheEnv(to));

    await startSources();
    await startBundle();
    const sources: TryOut[] = [];
    const bundled: TryOut[] = [];
    for (let count = 0; count < runs; count++) {
      sources.push(await startSources());
      bundled.push(await startBundle());
    }
    return { sources: medianOf(sources), bundled: medianOf(bundled), bundleMib: (await sizeOf(to)).bytes / 2 ** 20 };
  } finally {
    await remove();
  }
}

/** Bundles a program into a temporary folder; its main module is `main.js`. */
export async function makeBundle(
  name: string,
): Promise<{ program: Program; folder: string; readonly remove: () => Promise<void> }> {
  const program = programsOf(registry).find((candidate) => candidate.name === name);
  if (!program) throw new Error(`There is no program ${name}.`);
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-bench-"));
  await bundle(program, { from: PROJECT_DIR, to: folder });
  return { program, folder, remove: () => fs.rm(folder, { recursive: true }) };
}

function medianOf(starts: readonly TryOut[]): Start {
  return {
    listeningMs: median(starts.map(({ listeningAfterMs }) => listeningAfterMs)),
    residentMib: median(starts.map(({ residentBytes }) => residentBytes)) / 2 ** 20,
  };
}
