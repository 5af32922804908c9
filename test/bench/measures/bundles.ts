import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { sizeOf } from "../../../tools/folder-size.ts";
import { CANARIES } from "../../../shared/tasks/canary.ts";
import { registry } from "../../../shared/tasks/index.ts";
import { makeBundles } from "../../../tools/images/make-bundles.ts";
import type { Bundle } from "../../../tools/images/programs.ts";
import { type TryOut, tryOut } from "../../../tools/images/try-out.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { median } from "../median.ts";
import { residentMib } from "../processes/process-usage.ts";

interface Start {
  readonly listeningMs: number;
  readonly residentMib: number;
}

/**
 * Medians over `runs` pairs of alternating starts: a service from its sources, and from its bundle with a filled cache.
 */
export async function measureBundle(
  { program, folder }: Bundle,
  runs: number,
): Promise<{ sources: Start; bundled: Start; bundleMib: number }> {
  const start = (file: string): Promise<TryOut> =>
    tryOut(program, {
      command: [process.execPath, file],
      cwd: folder,
      residentBytesOf: (pid) => residentMib(pid).now * 2 ** 20,
    });
  const startSources = () => start(path.join(PROJECT_DIR, program.entry));
  const startBundle = () => start(path.join(folder, "main.js"));

  await startSources();
  await startBundle();
  const sources: TryOut[] = [];
  const bundled: TryOut[] = [];
  for (let count = 0; count < runs; count++) {
    sources.push(await startSources());
    bundled.push(await startBundle());
  }
  const bundleMib = (await sizeOf(folder)).bytes / 2 ** 20;
  return { sources: medianOf(sources), bundled: medianOf(bundled), bundleMib };
}

/** All bundles, in a temporary folder. */
export async function temporaryBundles() {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "handoff-bench-"));
  const remove = () => fs.rm(folder, { recursive: true });
  try {
    return { bundles: await makeBundles(folder, { registry, canaries: CANARIES }), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function medianOf(starts: readonly TryOut[]): Start {
  return {
    listeningMs: median(starts.map(({ listeningAfterMs }) => listeningAfterMs)),
    residentMib: median(starts.map(({ residentBytes }) => residentBytes)) / 2 ** 20,
  };
}
