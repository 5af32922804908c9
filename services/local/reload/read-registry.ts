import { Worker } from "node:worker_threads";
import type { LocalRegistry } from "../settings.ts";

const THREAD = new URL("registry-thread.ts", import.meta.url);

/**
 * Reads the current queues and settings in `shared/tasks`. It uses a thread, since a module is loaded only once per
 * thread. Rejects with the errors in the sources.
 */
export async function readRegistry(): Promise<LocalRegistry> {
  const thread = new Worker(THREAD);
  return await new Promise((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", () => reject(new Error("The thread that reads shared/tasks has ended.")));
  });
}
