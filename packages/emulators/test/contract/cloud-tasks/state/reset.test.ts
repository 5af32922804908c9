import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const HOUR_MS = 3_600_000;

async function setup(options: Parameters<typeof startHarness>[0] = {}) {
  const clock = new VirtualClock({ patienceMs: 50 });
  const harness = await startHarness({ clock, ...options });
  const tasksOf = async (queue: string): Promise<string[]> => {
    const [tasks] = await harness.client.listTasks({ parent: queue });
    return tasks.map(({ name }) => name ?? "");
  };
  const queueIds = async (): Promise<(string | undefined)[]> => {
    const [queues] = await harness.client.listQueues({ parent: "projects/my-project/locations/europe-west1" });
    return queues.map(({ name }) => name?.split("/").at(-1));
  };
  return { ...harness, clock, tasksOf, queueIds };
}

test("empties one queue, frees its tasks' names and removes its history; the others stay", async () => {
  const harness = await setup();
  const queue = await createQueue(harness, "mine", { rateLimits: { maxDispatchesPerSecond: 7 } });
  const other = await createQueue(harness, "other");
  for (const each of [queue, other]) {
    await createTask(harness, each, { id: "done" });
    await createTask(harness, each, { id: "waits", dueMs: harness.clock.now() + HOUR_MS });
  }
  await harness.emulator.waitForIdle();

  await harness.emulator.reset({ queue });

  expect(await harness.tasksOf(queue)).toEqual([]);
  expect(await harness.tasksOf(other)).toHaveLength(1);
  expect(harness.emulator.history().map((attempt) => attempt.queue)).toEqual([other]);
  expect((await harness.client.getQueue({ name: queue }))[0].rateLimits?.maxDispatchesPerSecond).toBe(7);
  await createTask(harness, queue, { id: "done" });
  await createTask(harness, queue, { id: "waits" });
  await expect(createTask(harness, other, { id: "done" })).rejects.toThrow("existed too recently");
  await harness.clock.advance(HOUR_MS);
  expect(harness.receiver.received).toHaveLength(5);
});

test("resets everything: queues, the names of deleted ones, history and faults", async () => {
  const harness = await setup();
  const queue = await createQueue(harness, "mine");
  const deleted = await createQueue(harness, "deleted");
  await harness.client.deleteQueue({ name: deleted });
  await createTask(harness, queue);
  await harness.emulator.waitForIdle();
  harness.emulator.inject({ kind: "connection-reset" });

  await harness.emulator.reset();

  expect(await harness.queueIds()).toEqual([]);
  expect(harness.emulator.history()).toEqual([]);
  expect(harness.emulator.faults()).toEqual([]);
  await createQueue(harness, "deleted");
  await createTask(harness, await createQueue(harness, "mine"));
  await harness.emulator.waitForIdle({ until: "empty" });
  expect(harness.receiver.received).toHaveLength(2);
});

test("creates the queues in its options again after a reset", async () => {
  const parent = "projects/my-project/locations/europe-west1";
  const harness = await setup({ queues: [{ name: `${parent}/queues/given` }] });
  await createQueue(harness, "made");
  await harness.client.deleteQueue({ name: `${parent}/queues/given` });
  await harness.emulator.reset();
  expect(await harness.queueIds()).toEqual(["given"]);
});

test("aborts deliveries in progress, and doesn't repeat them", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  harness.receiver.respondWith(() => "stall");
  await createTask(harness, queue);
  await harness.receiver.arrived(1);
  await harness.emulator.reset({ queue });
  await harness.emulator.waitForIdle({ until: "empty" });
  await harness.clock.advance("1d");
  expect(harness.receiver.received).toHaveLength(1);
});

test("waits for deliveries in progress when asked to", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  const gate = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => gate.promise);
  await createTask(harness, queue);
  await createTask(harness, queue, { dueMs: harness.clock.now() + HOUR_MS });
  await harness.receiver.arrived(1);
  let over = false;
  const reset = harness.emulator.reset({ queue, inFlight: "await" }).then(() => (over = true));
  expect(await harness.tasksOf(queue)).toHaveLength(2);
  expect(over).toBe(false);
  gate.resolve(500);
  await reset;
  expect(harness.attempts).toMatchObject([{ status: 500 }]);
  await harness.clock.advance("1d");
  expect(harness.receiver.received).toHaveLength(1);
});

test("cancels the duplicates that a fault has scheduled", async () => {
  const harness = await setup();
  const queue = await createQueue(harness);
  harness.emulator.inject({ kind: "duplicate", when: "after-success", after: "1m" });
  await createTask(harness, queue);
  await harness.emulator.waitForIdle();
  await harness.emulator.reset({ queue });
  await harness.clock.advance("1h");
  expect(harness.receiver.received).toHaveLength(1);
});

test("keeps projects apart: they can have the same ids, and a reset of one leaves the other", async () => {
  const harness = await setup();
  const [mine, theirs] = ["mine", "theirs"].map((project) => `projects/${project}/locations/here`);
  for (const parent of [mine, theirs]) {
    const name = `${parent}/queues/q`;
    await harness.client.createQueue({ parent: parent ?? "", queue: { name } });
    await createTask(harness, name, { id: "same" });
    await createTask(harness, name, { id: "waits", dueMs: harness.clock.now() + HOUR_MS });
  }
  await harness.emulator.waitForIdle({ project: "mine" });
  await expect(harness.emulator.waitForIdle({ project: "mine", until: "empty", timeoutMs: 1 })).rejects.toThrow(
    /^Not idle \(empty\) after 1 ms:\n {2}- projects\/mine\/.* has not been delivered yet.*$/,
  );
  await harness.emulator.waitForIdle();

  await harness.emulator.reset({ project: "mine" });

  expect((await harness.client.listQueues({ parent: mine ?? "" }))[0]).toEqual([]);
  expect(await harness.tasksOf(`${theirs}/queues/q`)).toHaveLength(1);
  expect(harness.emulator.history({ project: "mine" })).toEqual([]);
  expect(harness.emulator.history({ project: "theirs" })).toHaveLength(1);
  await harness.emulator.waitForIdle({ project: "mine", until: "empty" });
});

test("refuses to reset a missing queue", async () => {
  const { emulator } = await setup();
  await expect(emulator.reset({ queue: "projects/p/locations/l/queues/none" })).rejects.toThrow(RangeError);
});

test("what was reset is still gone after a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await setup({ dataDir });
  const queue = await createQueue(first, "stays");
  await createQueue(first, "goes");
  await createTask(first, queue, { id: "done" });
  await first.emulator.waitForIdle({ until: "empty" });
  await first.emulator.reset();
  await createQueue(first, "stays");
  await createTask(first, queue, { id: "kept", dueMs: first.clock.now() + HOUR_MS });
  await createTask(first, queue, { id: "emptied", dueMs: first.clock.now() + HOUR_MS });
  await first.emulator.reset({ queue });
  await createTask(first, queue, { id: "kept", dueMs: first.clock.now() + HOUR_MS });
  await first.emulator.stop();

  const second = await setup({ dataDir });
  expect(await second.queueIds()).toEqual(["stays"]);
  expect(await second.tasksOf(queue)).toEqual([`${queue}/tasks/kept`]);
  await createTask(second, queue, { id: "done" });
});
