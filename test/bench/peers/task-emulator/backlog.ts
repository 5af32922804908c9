import http from "node:http";
import { once } from "node:events";
import { portOf } from "../../../../shared/http/listening-port.ts";
import type { TaskEmulator } from "./task-emulator.ts";

const LOCATION = "projects/bench/locations/local";
const CLIENTS = 32;
const BODY = Buffer.alloc(500, "x");

/** Queues of an emulator. */
export interface Queues {
  readonly names: readonly string[];
  pause(): Promise<void>;
  resume(): Promise<void>;
}

let made = 0;

/** Creates new queues, each with the highest rate that there is, 500 tasks a second. */
export async function createQueues(emulator: TaskEmulator, count: number): Promise<Queues> {
  const names = Array.from({ length: count }, () => `${LOCATION}/queues/bench-${made++}`);
  const rateLimits = { maxDispatchesPerSecond: 500, maxConcurrentDispatches: 1_000 };
  for (const name of names) await emulator.call("CreateQueue", { parent: LOCATION, queue: { name, rateLimits } });
  const each = async (method: string): Promise<void> => {
    for (const name of names) await emulator.call(method, { name });
  };
  return { names, pause: () => each("PauseQueue"), resume: () => each("ResumeQueue") };
}

/** What a task's request is made of. */
export interface TaskForm {
  readonly url: string;
  readonly hasToken?: boolean;
}

const OIDC_TOKEN = { serviceAccountEmail: "invoker@bench.iam.gserviceaccount.com", audience: "bench-worker" };

/** Creates tasks in the queues by turns, many at once. */
export async function createTasks(
  emulator: TaskEmulator,
  { names }: Queues,
  form: TaskForm,
  count: number,
): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await createTask(emulator, names[n % names.length] ?? "", form);
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
}

/** Creates one task. */
export async function createTask(emulator: TaskEmulator, parent: string, { url, hasToken }: TaskForm): Promise<void> {
  const httpRequest = { url, body: BODY, ...(hasToken ? { oidcToken: OIDC_TOKEN } : {}) };
  await emulator.call("CreateTask", { parent, task: { httpRequest } });
}

/** Lists all tasks of a queue page by page, and returns how many there are. */
export async function listTasks(emulator: TaskEmulator, parent: string): Promise<number> {
  let count = 0;
  let pageToken = "";
  do {
    const [page] = await emulator.call("ListTasks", { parent, pageSize: 1_000, pageToken });
    count += page.tasks.length;
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return count;
}

/** A server in this process that answers every delivery at once. */
export interface Target {
  readonly url: string;
  /** Resolves with the time, in milliseconds of `performance.now()`, when so many more deliveries have come. */
  come(count: number): Promise<number>;
  close(): void;
}

export async function startTarget(): Promise<Target> {
  let rest = 0;
  let onLast: ((atMs: number) => void) | undefined;
  const server = http.createServer((request, response) => {
    const atMs = performance.now();
    request.resume();
    response.writeHead(204).end();
    if (--rest === 0) onLast?.(atMs);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${portOf(server)}/`,
    come: (count) =>
      new Promise((resolve) => {
        rest = count;
        onLast = resolve;
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
