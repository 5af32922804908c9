import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { startCloudTasksEmulator } from "../../../../src/cloud-tasks/emulator.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { WRITE_FAILURES, fillDisk } from "../../../support/full-disk.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";
import { PARENT, createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An emulator with a data folder and a queue, and what a restart finds there. */
async function setup(options: Parameters<typeof startHarness>[0] = {}) {
  const clock = new VirtualClock({ patienceMs: 50 });
  const dataDir = temporaryFolder();
  const harness = await startHarness({ clock, dataDir, ...options });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 10 } } });
  const tasks = async (): Promise<string[]> => {
    const [found] = await harness.client.listTasks({ parent: queue });
    return found.map(({ name }) => name?.split("/").at(-1) ?? "");
  };
  const restart = async () => {
    await harness.emulator.stop();
    return await startHarness({ clock, dataDir });
  };
  return { ...harness, clock, dataDir, queue, tasks, restart };
}

test.each(WRITE_FAILURES)("refuses a task that can't be stored ($code), and has no trace of it", async (failure) => {
  const harness = await setup();
  const disk = fillDisk(failure);
  const rejection = await rejectionOf(() => createTask(harness, harness.queue, { id: "refused" }));
  expect(rejection.code).toBe(status[failure.status]);
  expect(rejection.message).toContain(`${failure.says}. Nothing was changed.`);
  expect(await harness.tasks()).toEqual([]);
  disk.free();
  await createTask(harness, harness.queue, { id: "refused" });
  await harness.emulator.waitForIdle();
  expect(harness.attempts.map(({ task }) => task)).toEqual(["refused"]);
});

test.each(["deleteTask", "purgeQueue", "pauseQueue", "deleteQueue"] as const)(
  "leaves everything as it was when %s can't be stored",
  async (method) => {
    const harness = await setup();
    const task = await createTask(harness, harness.queue, { id: "kept", dueMs: harness.clock.now() + HOUR_MS });
    const disk = fillDisk();
    const name = method === "deleteTask" ? task : harness.queue;
    expect((await rejectionOf(() => harness.client[method]({ name }))).code).toBe(status.RESOURCE_EXHAUSTED);
    expect(await harness.tasks()).toEqual(["kept"]);
    disk.free();
    await harness.clock.advance(HOUR_MS);
    expect(harness.attempts.map(({ task: id, message }) => [id, message])).toEqual([["kept", "delivered"]]);
  },
);

test("goes on delivering while ends of deliveries can't be stored, and stores them when there is room", async () => {
  const harness = await setup({ maxDeliveries: 2 });
  const dueMs = harness.clock.now() + 1000;
  const ids = ["a", "b", "c", "d", "e", "f"];
  for (const id of ids) await createTask(harness, harness.queue, { id, dueMs });
  const disk = fillDisk();
  await harness.clock.advance(1000);
  await harness.attemptsEnded(ids.length);
  // None of this is durable yet, so it hasn't happened.
  expect((await harness.tasks()).toSorted()).toEqual(ids);
  disk.free();
  await createTask(harness, harness.queue, { id: "g" });
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received).toHaveLength(ids.length + 1);

  const after = await harness.restart();
  await after.emulator.waitForIdle({ until: "empty" });
  expect(after.attempts).toEqual([]);
});

test("stores the ends of deliveries by itself once there is room", async () => {
  const harness = await setup();
  const dueMs = harness.clock.now() + 1000;
  await createTask(harness, harness.queue, { id: "a", dueMs });
  const disk = fillDisk();
  await harness.clock.advance(1000);
  await harness.attemptsEnded(1);
  disk.free();
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(await harness.tasks()).toEqual([]);
});

test("retries a task whose failure couldn't be stored, once it could", async () => {
  const harness = await setup();
  const task = await createTask(harness, harness.queue, { id: "a", dueMs: harness.clock.now() + 1000 });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 500 : 200));
  const disk = fillDisk();
  await harness.clock.advance(60_000);
  await harness.attemptsEnded(1);
  expect((await harness.client.getTask({ name: task }))[0]).toMatchObject({ dispatchCount: 1, responseCount: 0 });
  disk.free();
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received.map(({ headers }) => headers.get("X-CloudTasks-TaskRetryCount"))).toEqual([
    "0",
    "1",
  ]);
});

test("delivers a task once more when it is told to run while its end can't be stored", async () => {
  const harness = await setup();
  const task = await createTask(harness, harness.queue, { id: "a", dueMs: harness.clock.now() + 1000 });
  harness.receiver.respondWith(() => 500);
  const disk = fillDisk();
  await harness.clock.advance(1000);
  await harness.attemptsEnded(1);
  await harness.client.runTask({ name: task });
  await harness.attemptsEnded(2);
  harness.receiver.respondWith(() => 200);
  disk.free();
  await createTask(harness, harness.queue, { id: "b" });
  await harness.clock.advance(HOUR_MS);
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received.map(({ headers }) => headers.get("X-CloudTasks-TaskName"))).toEqual([
    "a",
    "a",
    "b",
    "a",
  ]);
});

test("stops while the ends of deliveries can't be stored, and repeats them after the next start", async () => {
  const harness = await setup({ stopGraceMs: HOUR_MS });
  await createTask(harness, harness.queue, { id: "a", dueMs: harness.clock.now() + 1000 });
  const disk = fillDisk();
  await harness.clock.advance(1000);
  await harness.attemptsEnded(1);
  await harness.emulator.stop();
  disk.free();
  const after = await harness.restart();
  await after.attemptsEnded(1);
  expect(after.attempts).toMatchObject([{ task: "a", message: "delivered" }]);
});

test("goes on with the queues that a reset couldn't empty", async () => {
  const harness = await setup();
  await createTask(harness, harness.queue, { id: "a", dueMs: harness.clock.now() + HOUR_MS });
  const disk = fillDisk();
  for (const what of [{}, { queue: harness.queue }]) {
    await expect(harness.emulator.reset(what)).rejects.toThrow("no space left on device");
  }
  const { host, port } = harness.emulator;
  const response = await fetch(`http://${host}:${port}/_emulator/reset`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(response.status).toBe(429);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining("no space left on device") });
  disk.free();
  await harness.clock.advance(HOUR_MS);
  expect(harness.attempts).toMatchObject([{ task: "a", message: "delivered" }]);
});

test("answers reads while tasks that are too old can't be removed, and removes them later", async () => {
  const harness = await setup();
  await harness.client.pauseQueue({ name: harness.queue });
  await createTask(harness, harness.queue, { id: "old" });
  await harness.clock.advance(30 * DAY_MS);
  await createTask(harness, harness.queue, { id: "new" });
  const disk = fillDisk();
  await harness.clock.advance(2 * DAY_MS);
  expect(await harness.tasks()).toEqual(["old", "new"]);
  disk.free();
  expect(await harness.tasks()).toEqual(["new"]);
});

test("doesn't start if its queues can't be stored, and leaves nothing running", async () => {
  const dataDir = temporaryFolder();
  const queues = [{ name: "mail" }];
  const first = await startCloudTasksEmulator({ dataDir });
  const { host, port } = first;
  await first.stop();
  const disk = fillDisk();
  await expect(startCloudTasksEmulator({ host, port, dataDir, queues })).rejects.toThrow("no space left on device");
  disk.free();
  const second = await startHarness({ host, port, dataDir, queues });
  const [queue] = await second.client.getQueue({ name: "projects/emulated/locations/local/queues/mail" });
  await second.emulator.stop();

  // Nothing has to be stored for queues that are as they should be.
  fillDisk();
  const third = await startHarness({ dataDir, queues });
  expect((await third.client.getQueue({ name: queue.name ?? "" }))[0]).toEqual(queue);
  expect((await rejectionOf(() => createQueue(third))).code).toBe(status.RESOURCE_EXHAUSTED);
  expect((await third.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
});
