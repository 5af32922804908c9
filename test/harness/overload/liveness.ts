import { once } from "node:events";
import { Worker } from "node:worker_threads";
import * as z from "zod";
import type { Instance } from "./small-instances.ts";

const PROBE = new URL("liveness-probe.ts", import.meta.url);
const timesSchema = z.array(z.number());

/**
 * Probes an instance's liveness until told to end, then returns the duration of each request, in milliseconds, sorted.
 * It uses a thread of its own: a busy caller would measure itself.
 */
export function watchLiveness({ url }: Instance): () => Promise<number[]> {
  const probe = new Worker(PROBE, { workerData: url });
  return async () => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    probe.postMessage("end");
    const [times] = await once(probe, "message");
    return timesSchema.parse(times);
  };
}
