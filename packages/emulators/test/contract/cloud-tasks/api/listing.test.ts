import { status } from "@grpc/grpc-js";
import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { type Harness, PARENT, createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

/** Returns one page. Otherwise the client follows them to the end. */
const onePage = { autoPaginate: false };

test("lists tasks page by page, each once, though some are deleted meanwhile", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  for (let index = 0; index < 7; index++) {
    await createTask(harness, queue, { id: `task-${index}`, dueMs: clock.now() + 60_000 });
  }
  const [first, , firstReply] = await harness.client.listTasks({ parent: queue, pageSize: 3 }, onePage);
  expect(first.map(shortName)).toEqual(["task-0", "task-1", "task-2"]);
  await harness.client.deleteTask({ name: `${queue}/tasks/task-2` });
  await harness.client.deleteTask({ name: `${queue}/tasks/task-3` });

  const next = { parent: queue, pageSize: 3, pageToken: firstReply.nextPageToken ?? "" };
  const [second, , secondReply] = await harness.client.listTasks(next, onePage);
  expect(second.map(shortName)).toEqual(["task-4", "task-5", "task-6"]);

  const after = { parent: queue, pageSize: 3, pageToken: secondReply.nextPageToken ?? "" };
  const [third, , thirdReply] = await harness.client.listTasks(after, onePage);
  expect([third, thirdReply.nextPageToken]).toEqual([[], ""]);
});

test("lists up to 1,000 tasks a page when more are asked for", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  await Promise.all(Array.from({ length: 1001 }, () => createTask(harness, queue)));
  const [page, , reply] = await harness.client.listTasks({ parent: queue, pageSize: 5000 }, onePage);
  expect(page).toHaveLength(1000);
  expect(reply.nextPageToken).not.toBe("");
  const [all] = await harness.client.listTasks({ parent: queue });
  expect(new Set(all.map(({ name }) => name)).size).toBe(1001);
});

test("ends a page of full tasks early rather than let it grow huge, and loses none", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const httpRequest = { url: harness.receiver.url, body: Buffer.alloc(1_000_000) };
  for (let index = 0; index < 6; index++) await createTask(harness, queue, { httpRequest });
  const [page] = await harness.client.listTasks({ parent: queue, responseView: "FULL" }, onePage);
  expect(page).toHaveLength(4);
  const [all] = await harness.client.listTasks({ parent: queue, responseView: "FULL" });
  expect(all.map(({ httpRequest }) => httpRequest?.body?.length)).toEqual(Array.from({ length: 6 }, () => 1_000_000));
});

test("leaves bodies out of a list unless the full view is requested", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const httpRequest = { url: harness.receiver.url, body: Buffer.from("secret"), headers: { "X-A": "b" } };
  await createTask(harness, queue, { httpRequest });

  const [[basic]] = await harness.client.listTasks({ parent: queue });
  expect(basic).toMatchObject({ view: "BASIC", httpRequest: { headers: { "X-A": "b" } } });
  expect(basic?.httpRequest?.body).toHaveLength(0);
  const [[full]] = await harness.client.listTasks({ parent: queue, responseView: "FULL" });
  expect(full).toMatchObject({ view: "FULL", httpRequest: { body: Buffer.from("secret") } });
});

test("lists queues in the order of their names, page by page", async () => {
  const harness = await startHarness();
  for (const id of ["c", "a", "d", "b"]) await createQueue(harness, id);
  const [first, , reply] = await harness.client.listQueues({ parent: PARENT, pageSize: 3 }, onePage);
  expect(first.map(shortName)).toEqual(["a", "b", "c"]);
  const next = { parent: PARENT, pageSize: 3, pageToken: reply.nextPageToken ?? "" };
  const [second] = await harness.client.listQueues(next, onePage);
  expect(second.map(shortName)).toEqual(["d"]);
});

test("refuses a page token that is invalid, from another list, or older than two hours", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  for (const id of ["a", "b"]) await createQueue(harness, id);
  const [, , { nextPageToken }] = await harness.client.listQueues({ parent: PARENT, pageSize: 1 }, onePage);
  const pageToken = nextPageToken ?? "";
  const list = (request: { pageToken: string; filter?: string }) =>
    rejectionOf(() => harness.client.listQueues({ parent: PARENT, ...request }, onePage));

  expect((await list({ pageToken: "nonsense" })).code).toBe(status.INVALID_ARGUMENT);
  expect((await list({ pageToken, filter: "state: RUNNING" })).code).toBe(status.INVALID_ARGUMENT);
  await clock.advance(2 * 3_600_000);
  expect((await list({ pageToken })).code).toBe(status.OK);
  await clock.advance(1);
  expect((await list({ pageToken })).code).toBe(status.INVALID_ARGUMENT);
});

it.each([
  ["state: PAUSED", ["paused"]],
  ["state = running", ["fast", "slow"]],
  ["state != PAUSED", ["fast", "slow"]],
  ["NOT state: PAUSED", ["fast", "slow"]],
  ["rateLimits.maxDispatchesPerSecond >= 100", ["fast"]],
  ["rate_limits.max_dispatches_per_second < 100 AND state=RUNNING", ["slow"]],
  ["state: PAUSED OR rateLimits.maxDispatchesPerSecond = 500", ["fast", "paused"]],
  ["(state: PAUSED OR state: RUNNING) retryConfig.minBackoff > 1.5s", ["slow"]],
  ['name: "queues/slo"', ["slow"]],
  ["purgeTime > 2025-01-01T00:00:00Z", ["paused"]],
  ["retryConfig.maxRetryDuration = 60s", ["paused"]],
  ["  ", ["fast", "paused", "slow"]],
])("lists by the filter %s", async (filter, expected) => {
  const harness = await startHarness();
  await createThreeQueues(harness);
  const [queues] = await harness.client.listQueues({ parent: PARENT, filter });
  expect(queues.map(shortName)).toEqual(expected);
});

it.each([
  "state",
  "state:",
  "color: red",
  "(state: PAUSED",
  "state: PAUSED)",
  "retryConfig.maxAttempts > many",
  '"open',
  "(".repeat(100_000),
])("refuses the filter %.20s", async (filter) => {
  const { client } = await startHarness();
  const rejection = await rejectionOf(() => client.listQueues({ parent: PARENT, filter }));
  expect(rejection.code).toBe(status.INVALID_ARGUMENT);
});

async function createThreeQueues(harness: Harness): Promise<void> {
  await createQueue(harness, "fast", { rateLimits: { maxDispatchesPerSecond: 500 } });
  await createQueue(harness, "slow", {
    rateLimits: { maxDispatchesPerSecond: 5 },
    retryConfig: { minBackoff: { seconds: 2 } },
  });
  const paused = await createQueue(harness, "paused", {
    rateLimits: { maxDispatchesPerSecond: 5 },
    retryConfig: { maxRetryDuration: { seconds: 60 } },
  });
  await harness.client.pauseQueue({ name: paused });
  await harness.client.purgeQueue({ name: paused });
}

const shortName = ({ name }: { name?: string | null }): string => name?.split("/").at(-1) ?? "";
