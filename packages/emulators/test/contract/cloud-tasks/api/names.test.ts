import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { PARENT, createQueue, createTask, startBundle } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const NAME_TAKEN =
  "The task cannot be created because a task with this name existed too recently. For more information about task de-duplication see https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks/create#body.request_body.FIELDS.task.";

test("keeps a finished task's name for an hour, and frees it then", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  await createTask(bundle, queue, { id: "once" });
  await bundle.attemptsEnded(1);

  await clock.advance(HOUR_MS - 1);
  expect(await rejectionOf(() => createTask(bundle, queue, { id: "once" }))).toEqual({
    code: status.ALREADY_EXISTS,
    message: NAME_TAKEN,
    details: [],
  });
  await clock.advance(1);
  await createTask(bundle, queue, { id: "once" });
  await bundle.attemptsEnded(2);
});

test("keeps the name of a deleted, and of a given up, task", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { retryConfig: { maxAttempts: 1 } });
  const deleted = await createTask(bundle, queue, { id: "deleted", dueMs: clock.now() + DAY_MS });
  await bundle.client.deleteTask({ name: deleted });
  bundle.receiver.answerWith(() => 500);
  await createTask(bundle, queue, { id: "given-up" });
  await bundle.attemptsEnded(1);
  for (const id of ["deleted", "given-up"]) {
    expect((await rejectionOf(() => createTask(bundle, queue, { id }))).message).toBe(NAME_TAKEN);
  }
  expect((await bundle.client.listTasks({ parent: queue }))[0]).toEqual([]);
});

test("keeps names for as long as it is told", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock, taskNameMs: DAY_MS, queueNameMs: HOUR_MS });
  const queue = await createQueue(bundle);
  await createTask(bundle, queue, { id: "once" });
  await bundle.attemptsEnded(1);
  await clock.advance(DAY_MS - 1);
  expect((await rejectionOf(() => createTask(bundle, queue, { id: "once" }))).code).toBe(status.ALREADY_EXISTS);

  await bundle.client.deleteQueue({ name: queue });
  await clock.advance(HOUR_MS);
  await expect(createQueue(bundle)).resolves.toBe(queue);
});

test("keeps a deleted queue's name for seven days from CreateQueue and UpdateQueue, and frees it then, empty", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const name = await createQueue(bundle);
  await createTask(bundle, name, { dueMs: clock.now() + 20 * DAY_MS });
  await bundle.client.deleteQueue({ name });

  await clock.advance(7 * DAY_MS - 1);
  for (const call of [() => createQueue(bundle), () => bundle.client.updateQueue({ queue: { name } })]) {
    expect((await rejectionOf(call)).code).toBe(status.FAILED_PRECONDITION);
  }
  expect((await bundle.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
  await clock.advance(1);
  await createQueue(bundle);
  expect((await bundle.client.listTasks({ parent: name }))[0]).toEqual([]);
});

it.each(["constructor", "__proto__", "toString", "hasOwnProperty", "-", "_", "a".repeat(500)])(
  "takes %s for a task's name like any other",
  async (id) => {
    const clock = new VirtualClock();
    const bundle = await startBundle({ clock });
    const queue = await createQueue(bundle);
    const name = `${queue}/tasks/${id}`;
    expect((await rejectionOf(() => bundle.client.getTask({ name }))).code).toBe(status.NOT_FOUND);
    await createTask(bundle, queue, { id, dueMs: clock.now() + HOUR_MS });
    expect((await rejectionOf(() => createTask(bundle, queue, { id }))).code).toBe(status.ALREADY_EXISTS);
    expect((await bundle.client.getTask({ name }))[0].name).toBe(name);
  },
);

it.each(["constructor", "toString", "a".repeat(100)])("takes %s for a queue's name like any other", async (id) => {
  const bundle = await startBundle();
  expect((await rejectionOf(() => bundle.client.getQueue({ name: `${PARENT}/queues/${id}` }))).code).toBe(
    status.NOT_FOUND,
  );
  await createQueue(bundle, id);
  expect((await rejectionOf(() => createQueue(bundle, id))).code).toBe(status.ALREADY_EXISTS);
});

test("keeps projects, locations and queues apart", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const parents = ["projects/a/locations/x", "projects/b/locations/x", "projects/a/locations/y"];
  for (const parent of parents) {
    await bundle.client.createQueue({ parent, queue: { name: `${parent}/queues/q` } });
    await createTask(bundle, `${parent}/queues/q`, { id: "same", dueMs: clock.now() + HOUR_MS });
  }
  for (const parent of parents) {
    const [queues] = await bundle.client.listQueues({ parent });
    expect(queues.map(({ name }) => name)).toEqual([`${parent}/queues/q`]);
  }
  await bundle.client.purgeQueue({ name: `${parents[0]}/queues/q` });
  expect((await bundle.client.listTasks({ parent: `${parents[0]}/queues/q` }))[0]).toHaveLength(0);
  expect((await bundle.client.listTasks({ parent: `${parents[1]}/queues/q` }))[0]).toHaveLength(1);
});

it.each([
  ["a queue's id", "x_y"],
  ["a queue's long id", "a".repeat(101)],
])("refuses %s in the service's words", async (_what, id) => {
  const bundle = await startBundle();
  expect((await rejectionOf(() => createQueue(bundle, id))).message).toBe(
    `Queue ID "${id}" can contain only letters ([A-Za-z]), numbers ([0-9]), or hyphens (-). Queue ID must be between 1 and 100 characters.`,
  );
  expect((await bundle.client.listQueues({ parent: PARENT }))[0]).toEqual([]);
});

it.each(["", "queues/q", `${PARENT}/queues/`, `${PARENT}/queues/q/tasks/t`])(
  "refuses %j where a queue's name is wanted",
  async (name) => {
    const { client } = await startBundle();
    const malformed = { code: status.INVALID_ARGUMENT, message: "Invalid resource field value in the request." };
    for (const rpc of ["getQueue", "pauseQueue", "resumeQueue", "purgeQueue", "deleteQueue"] as const) {
      expect(await rejectionOf(() => client[rpc]({ name }))).toMatchObject(malformed);
    }
    expect(await rejectionOf(() => client.createTask({ parent: name, task: {} }))).toMatchObject(malformed);
  },
);

test("refuses a task named in another form", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle);
  expect((await rejectionOf(() => createTask(bundle, queue, { name: "some-task" }))).message).toBe(
    'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>"',
  );
  expect(await rejectionOf(() => bundle.client.getTask({ name: "some-task" }))).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: "Invalid resource field value in the request.",
  });
});
