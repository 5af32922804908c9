import path from "node:path";
import type { Registry } from "../../shared/contract/registry.ts";
import type { TaskType } from "../../shared/contract/task-type.ts";
import { bundle } from "../bundle.ts";
import { PROJECT_DIR } from "../project-dir.ts";
import { type Bundle, programsOf } from "./programs.ts";
import { warmUp } from "./warm-up.ts";

/**
 * Bundles each program into a folder with its name, and fills the code caches.
 *
 * @param parts.canaries the task types that fill them; see `warmUp`.
 */
export async function makeBundles(
  into: string,
  {
    registry,
    canaries,
  }: { readonly registry: Pick<Registry, "settings" | "queues">; readonly canaries: readonly TaskType[] },
) {
  const made: Bundle[] = [];
  for (const program of programsOf(registry)) {
    const folder = path.join(into, program.name);
    await bundle(program, { from: PROJECT_DIR, to: folder });
    made.push({ program, folder });
  }
  const [producer, worker, console, emulator] = made;
  if (!producer || !worker || !console || !emulator) throw new Error("There is no such program.");
  await warmUp({ producer, worker, console, emulator }, { taskTypes: canaries, queues: registry.queues });
  return { producer, worker, console, emulator };
}
