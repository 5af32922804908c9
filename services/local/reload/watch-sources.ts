import path from "node:path";
import { watch } from "chokidar";
import { PROJECT_DIR } from "../settings.ts";
import type { Part } from "../outbox/part.ts";

/** Changes less than this apart count as one: an editor may save several files, or a branch may be checked out. */
const QUIET_MS = 30;

const IS_SOURCE = /\.(?:tsx?|json|css)$/;

/** Editors and tools may also write to other folders, which don't matter. */
const FOLDERS = ["shared", "services/worker", "services/producer", "services/console"];

/**
 * Calls back with the changed sources, as paths relative to the project's folder. Changes during a callback are passed
 * to the next call, after it.
 */
export async function watchSources(onChange: (changed: readonly string[]) => Promise<void>): Promise<Part> {
  const watcher = watch(FOLDERS, {
    cwd: PROJECT_DIR,
    ignoreInitial: true,
    ignored: (file, stats) => stats?.isFile() === true && !IS_SOURCE.test(file),
  });
  const changed = new Set<string>();
  let busy: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const passOn = async (): Promise<void> => {
    while (changed.size > 0) {
      const files = [...changed];
      changed.clear();
      await onChange(files);
    }
    busy = undefined;
  };
  watcher.on("all", (_event, file) => {
    if (!IS_SOURCE.test(file)) return;
    changed.add(file.split(path.sep).join("/"));
    clearTimeout(timer);
    timer = setTimeout(() => void (busy ??= passOn()), QUIET_MS);
  });
  await new Promise<void>((resolve) => void watcher.once("ready", resolve));
  return {
    async stop() {
      clearTimeout(timer);
      changed.clear();
      await watcher.close();
    },
  };
}
