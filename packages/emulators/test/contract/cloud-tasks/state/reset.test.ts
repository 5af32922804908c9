import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

const HOUR_MS = 3_600_000;

async function setup(options: Parameters<typeof startBundle>[0] = {}) {
  const clock = new VirtualClock({ patienceMs: 50 });
  const bundle = await startBundle({ clock, ...options });
  const tasksOf = async (queue: string): Promise<string[]> => {
    const [tasks] = await bundle.client.listTasks({ parent: queue });
    return tasks.map(({ name }) => name ?? "");
  };
  const queueIds = async (): Promise<(string | undefined)[]> => {
    const [queues] = await bundle.client.listQueues({ parent: "projects/my-project/locations/europe-west1" });
    return queues.map(({ name }) => name?.split("/").at(-1));
  };
  return { ...bundle, clock, tasksOf, queueIds };
}

test("empties one queue, releases its tasks' names and forgets its history; the others stay", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle, "mine", { rateLimits: { maxDispatchesPerSecond: 7 } });
  const other = await createQueue(bundle, "other");
  for (const each of [queue, other]) {
    await createTask(bundle, each, { id: "done" });
    await createTask(bundle, each, { id: "waits", dueMs: bundle.clock.now() + HOUR_MS });
  }
  await bundle.emulator.waitForIdle();

  await bundle.emulator.reset({ queue });

  expect(await bundle.tasksOf(queue)).toEqual([]);
  expect(await bundle.tasksOf(other)).toHaveLength(1);
  expect(bundle.emulator.history().map((attempt) => attempt.queue)).toEqual([other]);
  expect((await bundle.client.getQueue({ name: queue }))[0].rateLimits?.maxDispatchesPerSecond).toBe(7);
  await createTask(bundle, queue, { id: "done" });
  await createTask(bundle, queue, { id: "waits" });
  await expect(createTask(bundle, other, { id: "done" })).rejects.toThrow("existed too recently");
  await bundle.clock.advance(HOUR_MS);
  expect(bundle.receiver.received).toHaveLength(5);
});

test("resets everything: queues, the names of deleted ones, history and faults", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle, "mine");
  const deleted = await createQueue(bundle, "deleted");
  await bundle.client.deleteQueue({ name: deleted });
  await createTask(bundle, queue);
  await bundle.emulator.waitForIdle();
  bundle.emulator.inject({ kind: "connection-reset" });

  await bundle.emulator.reset();

  expect(await bundle.queueIds()).toEqual([]);
  expect(bundle.emulator.history()).toEqual([]);
  expect(bundle.emulator.faults()).toEqual([]);
  await createQueue(bundle, "deleted");
  await createTask(bundle, await createQueue(bundle, "mine"));
  await bundle.emulator.waitForIdle({ until: "empty" });
  expect(bundle.receiver.received).toHaveLength(2);
});

test("has the queues to begin with again after a reset", async () => {
  const parent = "projects/my-project/locations/europe-west1";
  const bundle = await setup({ queues: [{ name: `${parent}/queues/given` }] });
  await createQueue(bundle, "made");
  await bundle.client.deleteQueue({ name: `${parent}/queues/given` });
  await bundle.emulator.reset();
  expect(await bundle.queueIds()).toEqual(["given"]);
});

test("breaks off what is under way, and delivers it no more", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  bundle.receiver.answerWith(() => "stall");
  await createTask(bundle, queue);
  await bundle.receiver.arrived(1);
  await bundle.emulator.reset({ queue });
  await bundle.emulator.waitForIdle({ until: "empty" });
  await bundle.clock.advance("1d");
  expect(bundle.receiver.received).toHaveLength(1);
});

test("waits for what is under way when asked to", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  const gate = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => gate.promise);
  await createTask(bundle, queue);
  await createTask(bundle, queue, { dueMs: bundle.clock.now() + HOUR_MS });
  await bundle.receiver.arrived(1);
  let over = false;
  const reset = bundle.emulator.reset({ queue, inFlight: "await" }).then(() => (over = true));
  expect(await bundle.tasksOf(queue)).toHaveLength(2);
  expect(over).toBe(false);
  gate.resolve(500);
  await reset;
  expect(bundle.attempts).toMatchObject([{ status: 500 }]);
  await bundle.clock.advance("1d");
  expect(bundle.receiver.received).toHaveLength(1);
});

test("gives up the duplicates that a fault would have made later", async () => {
  const bundle = await setup();
  const queue = await createQueue(bundle);
  bundle.emulator.inject({ kind: "duplicate", when: "after-success", after: "1m" });
  await createTask(bundle, queue);
  await bundle.emulator.waitForIdle();
  await bundle.emulator.reset({ queue });
  await bundle.clock.advance("1h");
  expect(bundle.receiver.received).toHaveLength(1);
});

test("keeps projects apart: the same ids in two of them are two, and a reset of one leaves the other", async () => {
  const bundle = await setup();
  const [mine, theirs] = ["mine", "theirs"].map((project) => `projects/${project}/locations/here`);
  for (const parent of [mine, theirs]) {
    const name = `${parent}/queues/q`;
    await bundle.client.createQueue({ parent: parent ?? "", queue: { name } });
    await createTask(bundle, name, { id: "same" });
    await createTask(bundle, name, { id: "waits", dueMs: bundle.clock.now() + HOUR_MS });
  }
  await bundle.emulator.waitForIdle({ project: "mine" });
  await expect(bundle.emulator.waitForIdle({ project: "mine", until: "empty", timeoutMs: 1 })).rejects.toThrow(
    /^Not idle \(empty\) after 1 ms:\n {2}- projects\/mine\/.* has not been delivered yet.*$/,
  );
  await bundle.emulator.waitForIdle();

  await bundle.emulator.reset({ project: "mine" });

  expect((await bundle.client.listQueues({ parent: mine ?? "" }))[0]).toEqual([]);
  expect(await bundle.tasksOf(`${theirs}/queues/q`)).toHaveLength(1);
  expect(bundle.emulator.history({ project: "mine" })).toEqual([]);
  expect(bundle.emulator.history({ project: "theirs" })).toHaveLength(1);
  await bundle.emulator.waitForIdle({ project: "mine", until: "empty" });
});

test("refuses to reset a queue that is not there", async () => {
  const { emulator } = await setup();
  await expect(emulator.reset({ queue: "projects/p/locations/l/queues/none" })).rejects.toThrow(RangeError);
});

test("what was reset is gone after a restart too", async () => {
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
