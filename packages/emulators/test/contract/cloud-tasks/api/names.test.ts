import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { PARENT, createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const NAME_TAKEN =
  "The task cannot be created because a task with this name existed too recently. For more information about task de-duplication see https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create#body.request_body.FIELDS.task.";

test("keeps a finished task's name for an hour, and frees it then", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await createTask(harness, queue, { id: "once" });
  await harness.attemptsEnded(1);

  await clock.advance(HOUR_MS - 1);
  expect(await rejectionOf(() => createTask(harness, queue, { id: "once" }))).toEqual({
    code: status.ALREADY_EXISTS,
    message: NAME_TAKEN,
    details: [],
  });
  await clock.advance(1);
  await createTask(harness, queue, { id: "once" });
  await harness.attemptsEnded(2);
});

test("keeps the name of a task that was deleted, or failed for the last time", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { maxAttempts: 1 } });
  const deleted = await createTask(harness, queue, { id: "deleted", dueMs: clock.now() + DAY_MS });
  await harness.client.deleteTask({ name: deleted });
  harness.receiver.respondWith(() => 500);
  await createTask(harness, queue, { id: "given-up" });
  await harness.attemptsEnded(1);
  for (const id of ["deleted", "given-up"]) {
    expect((await rejectionOf(() => createTask(harness, queue, { id }))).message).toBe(NAME_TAKEN);
  }
  expect((await harness.client.listTasks({ parent: queue }))[0]).toEqual([]);
});

test("keeps names for the periods in the options", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock, taskNameMs: DAY_MS, queueNameMs: HOUR_MS });
  const queue = await createQueue(harness);
  await createTask(harness, queue, { id: "once" });
  await harness.attemptsEnded(1);
  await clock.advance(DAY_MS - 1);
  expect((await rejectionOf(() => createTask(harness, queue, { id: "once" }))).code).toBe(status.ALREADY_EXISTS);

  await harness.client.deleteQueue({ name: queue });
  await clock.advance(HOUR_MS);
  await expect(createQueue(harness)).resolves.toBe(queue);
});

test("keeps a deleted queue's name for seven days from CreateQueue and UpdateQueue, and frees it then, empty", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const name = await createQueue(harness);
  await createTask(harness, name, { dueMs: clock.now() + 20 * DAY_MS });
  await harness.client.deleteQueue({ name });

  await clock.advance(7 * DAY_MS - 1);
  for (const call of [() => createQueue(harness), () => harness.client.updateQueue({ queue: { name } })]) {
    expect((await rejectionOf(call)).code).toBe(status.FAILED_PRECONDITION);
  }
  expect((await harness.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
  await clock.advance(1);
  await createQueue(harness);
  expect((await harness.client.listTasks({ parent: name }))[0]).toEqual([]);
});

it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "-", "_", "a".repeat(500)])(
  "accepts the task id %s like any other",
  async (id) => {
    const clock = new VirtualClock();
    const harness = await startHarness({ clock });
    const queue = await createQueue(harness);
    const name = `${queue}/tasks/${id}`;
    expect((await rejectionOf(() => harness.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
    await createTask(harness, queue, { id, dueMs: clock.now() + HOUR_MS });
    expect((await rejectionOf(() => createTask(harness, queue, { id }))).code).toBe(status.ALREADY_EXISTS);
    expect((await harness.client.getTask({ name }))[0].name).toBe(name);
  },
);

it.each(["constructor", "toString", "a".repeat(100)])("accepts the queue id %s like any other", async (id) => {
  const harness = await startHarness();
  expect((await rejectionOf(() => harness.client.getQueue({ name: `${PARENT}/queues/${id}` }))).code).toBe(
    status.NOT_FOUND,
  );
  await createQueue(harness, id);
  expect((await rejectionOf(() => createQueue(harness, id))).code).toBe(status.ALREADY_EXISTS);
});

test("keeps projects, locations and queues apart", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const parents = ["projects/a/locations/x", "projects/b/locations/x", "projects/a/locations/y"];
  for (const parent of parents) {
    await harness.client.createQueue({ parent, queue: { name: `${parent}/queues/q` } });
    await createTask(harness, `${parent}/queues/q`, { id: "same", dueMs: clock.now() + HOUR_MS });
  }
  for (const parent of parents) {
    const [queues] = await harness.client.listQueues({ parent });
    expect(queues.map(({ name }) => name)).toEqual([`${parent}/queues/q`]);
  }
  await harness.client.purgeQueue({ name: `${parents[0]}/queues/q` });
  expect((await harness.client.listTasks({ parent: `${parents[0]}/queues/q` }))[0]).toHaveLength(0);
  expect((await harness.client.listTasks({ parent: `${parents[1]}/queues/q` }))[0]).toHaveLength(1);
});

it.each([
  ["a queue's id", "x_y"],
  ["a queue's long id", "a".repeat(101)],
])("refuses %s in the service's words", async (_what, id) => {
  const harness = await startHarness();
  expect((await rejectionOf(() => createQueue(harness, id))).message).toBe(
    `Queue ID "${id}" can contain only letters ([A-Za-z]), numbers ([0-9]), or hyphens (-). Queue ID must be between 1 and 100 characters.`,
  );
  expect((await harness.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
});
