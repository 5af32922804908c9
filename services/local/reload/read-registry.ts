import { Worker } from "node:worker_threads";
import type { LocalRegistry } from "../settings.ts";

const THREAD = new URL("registry-thread.ts", import.meta.url);

/**
 * Reads the queues and settings as `shared/tasks` has them now: in a thread of its own, since a module is loaded once only.
 * Rejects with what is wrong with the sources.
 */
export async function readRegistry(): Promise<LocalRegistry> {
  const thread = new Worker(THREAD);
  return await new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("The thread that reads shared/tasks has ended.")));
  });
}
