import * as z from "zod";
import { shardKeys } from "../../shared/contract/queue-shards.ts";
import type { Registry } from "../../shared/contract/registry.ts";
import type { TaskType } from "../../shared/contract/task-type.ts";
import { FILL_CODE_CACHE } from "./code-cache.ts";
import { type Bundle, type Program, commandOf } from "./programs.ts";
import { type RunningBundle, startBundle } from "./running-bundle.ts";
import { serveNoCounts, visitPages } from "./pages.ts";

const MAX_TASK_SECONDS = 15;

/** How long each program may run. The emulator outlives the others, and the machine may be busy. */
const MAX_WARM_UP_MS = 120_000;

/** The retries of a queue. They are fast, so that a cold worker doesn't slow the warm-up down. */
const RETRIES = { retryConfig: { minBackoff: "0.100s", maxBackoff: "1s" } };

/** The tasks to send, and the queues that the services use. */
interface WarmUpTasks extends Pick<Registry, "queues"> {
  /** Their payload is `{ sentAt }`. */
  readonly taskTypes: readonly TaskType[];
}

interface WarmUpBundles extends Readonly<Record<"emulator" | "worker" | "producer", Bundle>> {
  /** Default: none. */
  readonly console?: Bundle;
}

/**
 * Fills the bundles' code caches with typical work: a task of each type goes from the producer's API through the
 * emulator to the worker, then its state is read. The console shows its first page and the pages that it links to.
 *
 * @throws Error if a task isn't done in 15 s, or a page isn't shown.
 */
export async function warmUp(
  { emulator, worker, producer, console }: WarmUpBundles,
  tasks: WarmUpTasks,
): Promise<void> {
  const counts = await serveNoCounts();
  const running: RunningBundle[] = [];
  const start = async (made: Bundle, env: Readonly<Record<string, string>>): Promise<RunningBundle> => {
    const { program, folder: cwd } = made;
    const options = { command: commandOf(made), cwd, env: { ...env, ...FILL_CODE_CACHE }, limitMs: MAX_WARM_UP_MS };
    const started = await startBundle(program, options);
    running.push(started);
    return started;
  };
  try {
    const { ports } = await start(emulator, {});
    const queues = `http://127.0.0.1:${ports.get("cloud-tasks")}`;
    const emulators = {
      CLOUD_TASKS_EMULATOR_HOST: `127.0.0.1:${ports.get("cloud-tasks")}`,
      FIRESTORE_EMULATOR_HOST: `127.0.0.1:${ports.get("firestore")}`,
      OIDC_CERTS_URL: `${queues}/oauth2/v1/certs`,
    };
    const listening = await start(worker, { ...emulators, ...worker.program.warmUpEnv });
    const url = `http://127.0.0.1:${listening.ports.get("worker")}`;
    const addresses = { WORKER_URL: url, THROUGHPUT_URL: counts.url };
    const serving = await start(producer, { ...emulators, ...producer.program.warmUpEnv, ...addresses });
    const api = `http://127.0.0.1:${serving.ports.get("producer")}`;
    await createQueues(queues, producer.program.tryOutEnv, tasks);
    for (const { type, idempotency } of tasks.taskTypes) await finishTask(api, { type, idempotency });
    if (console) {
      const shown = await start(console, { ...console.program.warmUpEnv, PRODUCER_URL: api });
      await visitPages(`http://127.0.0.1:${shown.ports.get("console")}`);
    }
    // Services first: they close their connections to the emulator.
    for (const bundle of running.toReversed()) await bundle.stop();
  } finally {
    for (const bundle of running) await bundle.kill();
    counts.close();
  }
}

async function createQueues(
  emulator: string,
  of: Program["tryOutEnv"],
  { taskTypes, queues }: WarmUpTasks,
): Promise<void> {
  const parent = `projects/${of["GOOGLE_CLOUD_PROJECT"]}/locations/${of["GOOGLE_CLOUD_LOCATION"]}`;
  for (const key of new Set(taskTypes.map((taskType) => taskType.queue))) {
    for (const name of shardKeys(key, queues.get(key) ?? {})) {
      await post(`${emulator}/v2/${parent}/queues`, { name: `${parent}/queues/${name}`, ...RETRIES });
    }
  }
}

const viewSchema = z.looseObject({ id: z.string(), state: z.string() });

/** Enqueues a task twice with one key, and waits until it ends. */
async function finishTask(api: string, { type, idempotency }: Pick<TaskType, "type" | "idempotency">): Promise<void> {
  const task = { type, payload: { sentAt: new Date().toISOString() } };
  await post(`${api}/v1/tasks`, task);
  const key = { "idempotency-key": `warm-up-${type}` };
  const { id } = viewSchema.parse(await post(`${api}/v1/tasks`, task, key));
  await post(`${api}/v1/tasks`, task, key);
  // A natural task leaves no record: the only sign is that it has left its queue.
  const wanted = idempotency === "natural" ? "finished" : "succeeded";
  const view = viewSchema.parse(await ask(`${api}/v1/tasks/${id}?waitSeconds=${MAX_TASK_SECONDS}`));
  if (view.state !== wanted) throw new Error(`A task of type ${type} is ${view.state}, not ${wanted}.`);
}

async function post(url: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const type = { "content-type": "application/json" };
  return await ask(url, { method: "POST", headers: { ...type, ...headers }, body: JSON.stringify(body) });
}

async function ask(url: string, init: RequestInit = {}): Promise<unknown> {
  const limitMs = (MAX_TASK_SECONDS + 5) * 1_000;
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(limitMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${url} returned ${response.status}: ${text}`);
  return JSON.parse(text);
}
