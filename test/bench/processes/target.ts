import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import * as z from "zod";

/** A process that answers every request at once. */
export interface Target {
  readonly url: string;
  /** Resolves when all the requests that it was started for have arrived. */
  readonly allCame: Promise<unknown>;
  stop(): void;
}

const portMessage = z.object({ port: z.int() });

/** Starts a target for this many requests. */
export async function startTarget(requests: number): Promise<Target> {
  const child = fork(path.join(import.meta.dirname, "../programs/target.ts"), [String(requests)]);
  const [message]: unknown[] = await once(child, "message");
  const { port } = portMessage.parse(message);
  return { url: `http://127.0.0.1:${port}/`, allCame: once(child, "message"), stop: () => child.disconnect() };
}
