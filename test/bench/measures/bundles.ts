import fs from "node:fs";
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
import { passedOn } from "../processes/passed-on.ts";
import { residentMib } from "../processes/process-usage.ts";
import type { Sizes } from "../sizes.ts";

interface Start {
  readonly listeningMs: number;
  readonly residentMib: number;
}

/** All bundles: those of the images, and the emulators'. */
export type Bundles = Awaited<ReturnType<typeof makeBundles>>;

/** Bundles that are made when somebody first asks for them. */
export interface LateBundles {
  get(): Promise<Bundles>;
  remove(): Promise<void>;
}

/** Medians over pairs of alternating starts: a service from its sources, and from its bundle with a filled cache. */
export async function measureBundle(
  { program, folder }: Bundle,
  { bundlePairs, uncounted }: Pick<Sizes, "bundlePairs" | "uncounted">,
): Promise<{ sources: Start; bundled: Start; bundleMib: number }> {
  const start = (file: string): Promise<TryOut> =>
    tryOut(program, {
      command: [process.execPath, file],
      cwd: folder,
      env: passedOn(),
      residentBytesOf: (pid) => residentMib(pid).now * 2 ** 20,
    });
  const sources: TryOut[] = [];
  const bundled: TryOut[] = [];
  for (let pair = -uncounted; pair < bundlePairs; pair++) {
    const fromSources = await start(path.join(PROJECT_DIR, program.entry));
    const fromBundle = await start(path.join(folder, "main.js"));
    if (pair < 0) continue;
    sources.push(fromSources);
    bundled.push(fromBundle);
  }
  const bundleMib = (await sizeOf(folder)).bytes / 2 ** 20;
  return { sources: medianOf(sources), bundled: medianOf(bundled), bundleMib };
}

/** All bundles, in a temporary folder. */
export function lateBundles(): LateBundles {
  let folder: string | undefined;
  let made: Promise<Bundles> | undefined;
  return {
    get() {
      folder ??= fs.mkdtempSync(path.join(os.tmpdir(), "handoff-bench-"));
      return (made ??= makeBundles(folder, { registry, canaries: CANARIES }));
    },
    async remove() {
      await made?.catch(() => {});
      if (folder !== undefined) fs.rmSync(folder, { recursive: true });
    },
  };
}

function medianOf(starts: readonly TryOut[]): Start {
  return {
    listeningMs: median(starts.map(({ listeningAfterMs }) => listeningAfterMs)),
    residentMib: median(starts.map(({ residentBytes }) => residentBytes)) / 2 ** 20,
  };
}
