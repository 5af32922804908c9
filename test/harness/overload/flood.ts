import { setTimeout as pause } from "node:timers/promises";
import { LOCAL } from "../../../services/local/settings.ts";
import { startTarget } from "../../bench/processes/target.ts";
import { type Shape, costlyPayload } from "./costly-payloads.ts";
import { watchLiveness } from "./liveness.ts";
import type { SmallInstances } from "./small-instances.ts";

/** The measurements while one tenant's tasks flooded the instances. Times are in milliseconds. */
export interface Flooded {
  /** From the canaries' requests until all canaries were done. */
  readonly canariesDoneMs: number;
  /** From the first request until the last large task was delivered. */
  readonly allDoneMs: number;
  /** The duration of each request to `/live`, sorted. */
  readonly live: { readonly producer: readonly number[]; readonly worker: readonly number[] };
}

const CANARY = { type: "canary.natural", queue: "bulk" };
const MAX_MS = 120_000;
const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 2_000;

/**
 * Enqueues many large tasks at once, with canaries in another queue, and waits until all of them are done. Meanwhile,
 * it probes both services' liveness.
 */
export async function flood(
  instances: SmallInstances,
  load: { readonly shape: Shape; readonly largeTasks: number; readonly canaries: number },
): Promise<Flooded> {
  const target = await startTarget(load.largeTasks);
  await warmUp(instances);
  const probes = { producer: watchLiveness(instances.producer), worker: watchLiveness(instances.worker) };
  const startMs = performance.now();
  try {
    const large = `{"type":"webhook.deliver","payload":${costlyPayload(load.shape, target.url)}}`;
    const small = JSON.stringify({ type: CANARY.type, payload: { sentAt: new Date().toISOString() } });
    const floods = Promise.all(Array.from({ length: load.largeTasks }, () => handOver(instances, large)));
    await Promise.all(Array.from({ length: load.canaries }, () => handOver(instances, small)));
    await untilEmpty(instances, CANARY.queue);
    const canariesDoneMs = performance.now() - startMs;
    await floods;
    await Promise.race([target.allCame, tooLate()]);
    const allDoneMs = performance.now() - startMs;
    return { canariesDoneMs, allDoneMs, live: { producer: await probes.producer(), worker: await probes.worker() } };
  } finally {
    target.stop();
  }
}

/** Instances load their clients and fetch keys with their first task, with or without a flood. */
async function warmUp(instances: SmallInstances): Promise<void> {
  for (const type of ["canary.natural", "canary.claim"]) {
    await handOver(instances, JSON.stringify({ type, payload: { sentAt: new Date().toISOString() } }));
  }
  for (const key of ["bulk", "default"]) await untilEmpty(instances, key);
}

async function tooLate(): Promise<never> {
  await pause(MAX_MS, undefined, { ref: false });
  throw new Error("Some tasks were never delivered.");
}

/** Repeats a request until the producer has room for it, at growing intervals, as callers do. */
async function handOver({ producer }: SmallInstances, body: string): Promise<void> {
  const untilMs = performance.now() + MAX_MS;
  for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(2 * retryMs, MAX_RETRY_MS)) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${producer.url}/v1/tasks`, { method: "POST", headers, body });
    const text = await response.text();
    // 200: the producer's own retry found that its first try had created the task.
    if (response.ok) return;
    if (response.status !== 503 || performance.now() > untilMs) throw new Error(`${response.status}: ${text}`);
    await pause(retryMs);
  }
}

/** The emulator answers once the queue is empty. */
async function untilEmpty({ queues: { host, port } }: SmallInstances, key: string): Promise<void> {
  const queue = `projects/${LOCAL.project}/locations/${LOCAL.location}/queues/${key}`;
  const response = await fetch(`http://${host}:${port}/_emulator/idle`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ until: "empty", queue, timeoutMs: MAX_MS }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The tasks of ${key} are not done: ${text}`);
}
