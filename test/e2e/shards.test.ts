import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { temporaryFolder } from "../harness/runtime/temporary-folder.ts";
import { producerClient } from "./support/producer-client.ts";
import { CHECKOUT, type StackPorts, type StackProcess, freePorts, startStackProcess } from "./support/stack-process.ts";

/** The variable RESHARD_TASKS sets another number: 10000 takes some minutes. */
const TASKS = Number(process.env["RESHARD_TASKS"] ?? 200);
const CANCELLED_EVERY = 10;
const BATCH = 100;
const CONCURRENCY = 20;
const QUEUES = "shared/tasks/queues.ts";
/** Fast enough for any number of tasks. */
const FAST =
  "maxDispatchesPerSecond: 500, maxConcurrentDispatches: 100, minBackoffMs: 1_000, maxBackoffMs: 60_000, " +
  "maxDoublings: 6, dispatchDeadlineMs: 45_000";

interface Place {
  readonly project: string;
  readonly dataDir: string;
  readonly ports: StackPorts;
}

/** Starts the stack with these shards of the default queue. */
async function startWith(shards: string, place: Place): Promise<StackProcess> {
  const original = fs.readFileSync(path.join(CHECKOUT, QUEUES), "utf8");
  const entry = /(\bdefault: )\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/;
  const changed = original.replace(entry, `$1{ ${FAST}, shards: ${shards} }`);
  expect(changed).not.toBe(original);
  fs.writeFileSync(path.join(place.project, QUEUES), changed);
  return await startStackProcess(place);
}

function copyProject(): string {
  const project = temporaryFolder();
  for (const name of ["services", "shared", "packages", "tools", "package.json"]) {
    fs.cpSync(path.join(CHECKOUT, name), path.join(project, name), { recursive: true });
  }
  fs.symlinkSync(path.join(CHECKOUT, "node_modules"), path.join(project, "node_modules"));
  return project;
}

async function send(stack: StackProcess, method: "POST" | "DELETE", request: string, body?: object) {
  const init = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`${producerClient(stack).base}${request}`, { method, ...init });
  const answered: unknown = await response.json();
  return { status: response.status, body: answered };
}

const batchSchema = z.object({ results: z.array(z.object({ status: z.literal(202), id: z.string() })) });

/** Their keys begin with the given text. */
async function enqueueAll(stack: StackProcess, prefix: string): Promise<readonly string[]> {
  const ids: string[] = [];
  const item = { type: "canary.claim", payload: { sentAt: "2030-01-01T00:00:00Z" } };
  while (ids.length < TASKS) {
    const tasks = Array.from({ length: Math.min(BATCH, TASKS - ids.length) }, (_, index) => {
      return { ...item, idempotencyKey: `${prefix}-${ids.length + index}` };
    });
    const { body } = await send(stack, "POST", "/v1/tasks/batch", { tasks });
    ids.push(...batchSchema.parse(body).results.map(({ id }) => id));
  }
  return ids;
}

/** Does something with each id, some of them at once. */
async function forEach(ids: readonly string[], act: (id: string, index: number) => Promise<void>): Promise<void> {
  const left = [...ids.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) await act(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

const queueSchema = z.object({
  state: z.string(),
  depth: z.number(),
  shards: z.array(z.object({ name: z.string(), state: z.string(), depth: z.number() })),
});

async function queueOf(stack: StackProcess): Promise<z.output<typeof queueSchema>> {
  return queueSchema.parse(await (await fetch(`${producerClient(stack).base}/v1/queues/default`)).json());
}

test("a change from 2 to 4 shards while tasks wait: each status is found, each cancel works, each task runs once", async () => {
  // Tasks keep the worker's address.
  const place = { project: copyProject(), dataDir: temporaryFolder(), ports: await freePorts() };
  const before = await startWith("{ now: 2 }", place);
  expect((await send(before, "POST", "/v1/queues/default/pause")).status).toBe(200);
  const ids = await enqueueAll(before, "before");
  await before.stop();

  const during = await startWith("{ now: 4, before: 2 }", place);
  const queue = await queueOf(during);
  expect(queue.depth).toBe(TASKS);
  expect(queue.shards.map(({ name, state }) => [name, state])).toEqual([
    ["default", "paused"],
    ["default-1", "paused"],
    ["default-2", "running"],
    ["default-3", "running"],
  ]);
  expect(queue.shards.slice(2).map(({ depth }) => depth)).toEqual([0, 0]);
  const client = producerClient(during);
  await forEach(ids, async (id) => expect((await client.status(id)).state).toBe("queued"));
  const cancelled = new Set(ids.filter((_, index) => index % CANCELLED_EVERY === 0));
  await forEach([...cancelled], async (id) => {
    const response = await send(during, "DELETE", `/v1/tasks/${id}`);
    expect(response).toMatchObject({ status: 200, body: { state: "cancelled" } });
  });
  expect((await send(during, "POST", "/v1/queues/default/resume")).status).toBe(200);

  await expect.poll(async () => (await queueOf(during)).depth, { timeout: 60_000 + 50 * TASKS, interval: 200 }).toBe(0);
  await forEach(ids, async (id) => {
    const { state, attempts } = await client.status(id);
    expect({ state, attempts }).toEqual(
      cancelled.has(id) ? { state: "cancelled", attempts: 0 } : { state: "succeeded", attempts: 1 },
    );
  });
  const fresh = await enqueueAll(during, "during");
  await forEach(fresh, async (id) => expect(await client.untilState(id, "succeeded")).toMatchObject({ attempts: 1 }));
}, 600_000);
