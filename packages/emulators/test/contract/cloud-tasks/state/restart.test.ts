import { CloudTasksClient } from "@google-cloud/tasks";
import { status } from "@grpc/grpc-js";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startCloudTasksEmulator } from "../../../../src/cloud-tasks/emulator.ts";
import { clientOptions } from "../../../../src/cloud-tasks/client-options.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type Harness, PARENT, createQueue, createTask, startHarness } from "../support/harness.ts";
import { startReceiver } from "../support/receiver.ts";
import { rejectionOf } from "../support/rejection.ts";

const HOUR_MS = 3_600_000;
const MAIN = path.resolve(import.meta.dirname, "../../../../src/cli/main.ts");

test("keeps queues, tasks, their counters and reserved names across a restart", async () => {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const before = await startHarness({ clock, dataDir });
  const queue = await createQueue(before, "default", {
    rateLimits: { maxDispatchesPerSecond: 7 },
    retryConfig: { minBackoff: { seconds: 60 }, maxRetryDuration: { seconds: 90 } },
  });
  await createQueue(before, "paused");
  await before.client.pauseQueue({ name: `${PARENT}/queues/paused` });
  await createQueue(before, "deleted");
  await before.client.deleteQueue({ name: `${PARENT}/queues/deleted` });
  before.receiver.respondWith(({ path }) => (path === "/fails" ? 404 : 200));
  await createTask(before, queue, { id: "done" });
  const failing = await createTask(before, queue, {
    id: "failing",
    httpRequest: { url: `${before.receiver.url}/fails`, body: Buffer.from([0, 255, 10]), headers: { "X-A": "é" } },
    dispatchDeadline: { seconds: 20 },
  });
  await before.attemptsEnded(2);
  const [taskBefore] = await before.client.getTask({ name: failing, responseView: "FULL" });
  const [queuesBefore] = await before.client.listQueues({ parent: PARENT });
  await before.emulator.stop();

  const after = await startHarness({ clock, dataDir });
  expect((await after.client.listQueues({ parent: PARENT }))[0]).toEqual(queuesBefore);
  expect((await after.client.getTask({ name: failing, responseView: "FULL" }))[0]).toEqual(taskBefore);
  expect(taskBefore).toMatchObject({ dispatchCount: 1, responseCount: 1 });
  expect((await rejectionOf(() => createTask(after, queue, { id: "done" }))).code).toBe(status.ALREADY_EXISTS);
  expect((await rejectionOf(() => createQueue(after, "deleted"))).code).toBe(status.FAILED_PRECONDITION);

  await clock.advance(60_000);
  await after.attemptsEnded(1);
  const headers = before.receiver.received.at(-1)?.headers;
  expect(headers?.get("X-CloudTasks-TaskRetryCount")).toBe("1");
  expect(headers?.get("X-CloudTasks-TaskExecutionCount")).toBe("1");
  expect(headers?.get("X-CloudTasks-TaskPreviousResponse")).toBe("404");
});

test("frees names after a restart once their time is over", async () => {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const before = await startHarness({ clock, dataDir });
  const queue = await createQueue(before);
  await createTask(before, queue, { id: "once" });
  await before.attemptsEnded(1);
  await before.emulator.stop();
  await clock.advance(HOUR_MS);
  const after = await startHarness({ clock, dataDir });
  await expect(createTask(after, queue, { id: "once" })).resolves.toBe(`${queue}/tasks/once`);
});

test("keeps a purge and a deletion across a restart", async () => {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const before = await startHarness({ clock, dataDir });
  const queue = await createQueue(before);
  await createTask(before, queue, { id: "purged", dueMs: clock.now() + HOUR_MS });
  const [{ purgeTime }] = await before.client.purgeQueue({ name: queue });
  const deleted = await createTask(before, queue, { id: "deleted", dueMs: clock.now() + HOUR_MS });
  await before.client.deleteTask({ name: deleted });
  await createTask(before, queue, { id: "kept", dueMs: clock.now() + HOUR_MS });
  await before.emulator.stop();

  const after = await startHarness({ clock, dataDir });
  const [tasks] = await after.client.listTasks({ parent: queue });
  expect(tasks.map(({ name }) => name)).toEqual([`${queue}/tasks/kept`]);
  expect((await after.client.getQueue({ name: queue }))[0].purgeTime).toEqual(purgeTime);
  for (const id of ["purged", "deleted"]) {
    expect((await rejectionOf(() => createTask(after, queue, { id }))).code).toBe(status.ALREADY_EXISTS);
  }
});

test("makes its signing key when somebody first asks for it", async () => {
  const dataDir = temporaryFolder();
  const file = path.join(dataDir, "cloud-tasks-signing-key.pem");
  const harness = await startHarness({ dataDir });
  await createQueue(harness);
  expect(fs.existsSync(file)).toBe(false);
  await keysOf(harness);
  expect(fs.existsSync(file)).toBe(true);
});

test("keeps the signing key across a restart", async () => {
  const dataDir = temporaryFolder();
  const before = await startHarness({ dataDir });
  const keys = await keysOf(before);
  await before.emulator.stop();
  expect(await keysOf(await startHarness({ dataDir }))).toEqual(keys);
  expect(fs.statSync(path.join(dataDir, "cloud-tasks-signing-key.pem")).mode & 0o777).toBe(0o600);
});

test("accepts a page token after a restart", async () => {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const before = await startHarness({ clock, dataDir });
  const queue = await createQueue(before);
  for (const id of ["a", "b", "c", "d"]) await createTask(before, queue, { id, dueMs: clock.now() + HOUR_MS });
  await before.client.deleteTask({ name: `${queue}/tasks/a` });
  const [, , reply] = await before.client.listTasks({ parent: queue, pageSize: 1 }, { autoPaginate: false });
  await before.emulator.stop();
  const after = await startHarness({ clock, dataDir });
  const [rest] = await after.client.listTasks({ parent: queue, pageToken: reply.nextPageToken ?? "" });
  expect(rest.map(({ name }) => name)).toEqual([`${queue}/tasks/c`, `${queue}/tasks/d`]);
});

test("compacts its file while it runs, once the garbage outweighs the state", async () => {
  const dataDir = temporaryFolder();
  const compacted = Promise.withResolvers<void>();
  const onLog = ({ message }: { message: string }) => message === "compacted the journal" && compacted.resolve();
  const before = await startHarness({ dataDir, onLog });
  const queue = await createQueue(before);
  await before.client.pauseQueue({ name: queue });
  const httpRequest = { url: before.receiver.url, body: Buffer.alloc(1_000_000, 255) };
  const kept = await createTask(before, queue, { id: "kept", httpRequest });
  for (let index = 0; index < 20; index++) {
    await before.client.deleteTask({ name: await createTask(before, queue, { id: `gone-${index}`, httpRequest }) });
  }
  // A compaction runs in the background, while some of them come and go.
  await compacted.promise;
  await before.emulator.stop();
  // Twenty-one bodies are 28 MB in base64. Without a compaction, all of them would be there.
  expect(fs.statSync(path.join(dataDir, "cloud-tasks.jsonl")).size).toBeLessThan(27 * 1024 * 1024);

  const after = await startHarness({ dataDir });
  expect(fs.statSync(path.join(dataDir, "cloud-tasks.jsonl")).size).toBeLessThan(2 * 1024 * 1024);
  const [task] = await after.client.getTask({ name: kept, responseView: "FULL" });
  expect(task.httpRequest?.body).toEqual(httpRequest.body);
  expect((await rejectionOf(() => createTask(after, queue, { id: "gone-0" }))).code).toBe(status.ALREADY_EXISTS);
});

test("waits for deliveries in progress when it stops", async () => {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const harness = await startHarness({ clock, dataDir, stopGraceMs: 5000 });
  const queue = await createQueue(harness, "default", { rateLimits: { maxConcurrentDispatches: 1 } });
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => held.promise);
  await createTask(harness, queue, { id: "under-way" });
  await createTask(harness, queue, { id: "waiting" });
  await harness.receiver.arrived(1);
  const stopped = harness.emulator.stop();
  await clock.advance(4999);
  held.resolve(200);
  await stopped;
  expect(harness.attempts.map(({ task, message }) => [task, message])).toEqual([["under-way", "delivered"]]);

  const after = await startHarness({ clock, dataDir });
  await after.attemptsEnded(1);
  expect(after.attempts.map(({ task }) => task)).toEqual(["waiting"]);
});

test("aborts deliveries when a stop has waited long enough, and repeats them after the next start", async () => {
  const dataDir = temporaryFolder();
  const clock = new VirtualClock();
  const harness = await startHarness({ clock, dataDir, stopGraceMs: 5000 });
  const queue = await createQueue(harness);
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? "stall" : 200));
  await createTask(harness, queue, { id: "slow" });
  await harness.receiver.arrived(1);
  const stopped = harness.emulator.stop();
  await clock.advance(5000);
  await stopped;

  const after = await startHarness({ clock, dataDir });
  await after.attemptsEnded(1);
  expect(after.attempts[0]).toMatchObject({ task: "slow", status: 200, message: "delivered" });
  expect(harness.receiver.received[1]?.headers.get("X-CloudTasks-TaskRetryCount")).toBe("0");
});

test("has every acknowledged CreateTask after a kill, and repeats deliveries that were in progress", async () => {
  const dataDir = temporaryFolder();
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  receiver.respondWith(() => "stall");
  const child = await startProcess(dataDir);
  const queue = await createQueue(child);
  await createTask({ ...child, receiver }, queue, { id: "under-way" });
  await receiver.arrived(1);
  const later = { dueMs: Date.now() + HOUR_MS };
  const ids = Array.from({ length: 200 }, (_nothing, index) => `task-${index}`);
  const acknowledged: string[] = [];
  const creating = ids.map(async (id) =>
    acknowledged.push(await createTask({ ...child, receiver }, queue, { id, ...later })),
  );
  await Promise.all(creating.slice(0, 100));
  child.kill("SIGKILL");
  await Promise.allSettled(creating);
  await child.ended;

  receiver.respondWith(() => 200);
  const after = await startHarness({ dataDir });
  await after.attemptsEnded(1);
  expect(after.attempts.map(({ task }) => task)).toEqual(["under-way"]);
  const [kept] = await after.client.listTasks({ parent: queue });
  expect(acknowledged.length).toBeGreaterThanOrEqual(100);
  expect(kept.map(({ name }) => name)).toEqual(expect.arrayContaining(acknowledged));
});

test("exits with code 0 on SIGTERM, and discards everything with --fresh", async () => {
  const dataDir = temporaryFolder();
  const first = await startProcess(dataDir);
  await createQueue(first);
  first.kill("SIGTERM");
  expect(await first.ended).toBe(0);

  const second = await startProcess(dataDir);
  expect((await second.client.listQueues({ parent: PARENT }))[0]).toHaveLength(1);
  second.kill("SIGINT");
  expect(await second.ended).toBe(0);

  const fresh = await startProcess(dataDir, "--fresh");
  expect((await fresh.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
  fresh.kill("SIGTERM");
  expect(await fresh.ended).toBe(0);
});

test("doesn't touch a running emulator's state when started a second time", async () => {
  const dataDir = temporaryFolder();
  const first = await startHarness({ dataDir });
  await createQueue(first, "before");
  const { host, port } = first.emulator;
  await expect(startCloudTasksEmulator({ host, port, dataDir, fresh: true })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await createQueue(first, "after");
  await first.emulator.stop();
  const next = await startHarness({ dataDir });
  expect((await next.client.listQueues({ parent: PARENT }))[0]).toHaveLength(2);
});

test("says in one line which variable to set when its port is taken, and exits with code 1", async () => {
  const { emulator } = await startHarness();
  const taken = spawnMain(["--data", temporaryFolder()], `127.0.0.1:${emulator.port}`);
  const lines: Buffer[] = [];
  taken.stderr.on("data", (chunk: Buffer) => lines.push(chunk));
  const [code] = await once(taken, "close");
  expect(code).toBe(1);
  const text = Buffer.concat(lines).toString();
  expect(text).toContain("CLOUD_TASKS_EMULATOR_HOST");
  expect(text.trim().split("\n")).toHaveLength(1);
});

async function keysOf({ emulator }: Harness): Promise<unknown> {
  const response = await fetch(`http://${emulator.host}:${emulator.port}/oauth2/v1/certs`);
  return await response.json();
}

async function startProcess(dataDir: string, ...more: string[]) {
  const child = spawnMain(["--data", dataDir, ...more], "127.0.0.1:0");
  const ended = once(child, "close").then(([code]: (number | null)[]) => code);
  const port = await listeningPort(child.stdout);
  const client = new CloudTasksClient(clientOptions({ host: "127.0.0.1", port }));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await client.close();
  });
  return { client, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

function spawnMain(args: string[], address: string) {
  const env = { ...process.env, CLOUD_TASKS_EMULATOR_HOST: address };
  return spawn(process.execPath, [MAIN, "--only", "cloud-tasks", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function listeningPort(output: NodeJS.ReadableStream): Promise<number> {
  let text = "";
  for await (const chunk of output) {
    text += String(chunk);
    const line = text.split("\n").find((candidate) => candidate.includes('"listening"'));
    if (line === undefined) continue;
    output.resume();
    return JSON.parse(line).port;
  }
  throw new Error(`The emulator ended without listening: ${text}`);
}
