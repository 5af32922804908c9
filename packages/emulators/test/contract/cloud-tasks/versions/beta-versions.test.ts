import { v2beta2, v2beta3 } from "@google-cloud/tasks";
import { PassThroughClient } from "google-auth-library";
import { status } from "@grpc/grpc-js";
import { expect, it, onTestFinished, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { PARENT, TRANSPORTS, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

const NAME = `${PARENT}/queues/q`;

async function setup(transport: (typeof TRANSPORTS)[number] = "grpc") {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const { host, port } = harness.emulator;
  const authClient = new PassThroughClient();
  const options =
    transport === "grpc"
      ? harness.emulator.clientOptions()
      : { fallback: "rest" as const, protocol: "http", apiEndpoint: host, port, authClient };
  const beta3 = new v2beta3.CloudTasksClient(options);
  const beta2 = new v2beta2.CloudTasksClient(options);
  onTestFinished(async () => void (await Promise.all([beta3.close(), beta2.close()])));
  return { ...harness, clock, beta3, beta2 };
}

it.each(TRANSPORTS)("v2beta3 serves queues and tasks as v2 does, over %s", async (transport) => {
  const { beta3, receiver, emulator } = await setup(transport);
  const { hostname: host, port } = new URL(receiver.url);
  const uriOverride = { scheme: "HTTP" as const, host, port };
  const [created] = await beta3.createQueue({
    parent: PARENT,
    queue: { name: NAME, httpTarget: { uriOverride }, retryConfig: { maxAttempts: 3 } },
  });
  expect(created).toMatchObject({
    name: NAME,
    type: "PUSH",
    state: "RUNNING",
    stats: null,
    httpTarget: { uriOverride: { host } },
  });
  const [task] = await beta3.createTask({
    parent: NAME,
    task: { httpRequest: { url: "https://example.com/x", body: Buffer.from("hi") } },
  });
  await receiver.arrived(1);
  await emulator.waitForIdle({ until: "empty" });
  expect([task.httpRequest?.url, receiver.received[0]?.body]).toEqual(["https://example.com/x", "hi"]);
  const [queues] = await beta3.listQueues({ parent: PARENT });
  expect(queues).toMatchObject([{ name: NAME, type: "PUSH" }]);
  expect((await beta3.pauseQueue({ name: NAME }))[0]).toMatchObject({ state: "PAUSED", type: "PUSH" });
});

it.each(TRANSPORTS)("v2beta3 tells a queue's statistics if they are asked for, over %s", async (transport) => {
  const { beta3, client, clock, receiver, emulator } = await setup(transport);
  await beta3.createQueue({ parent: PARENT, queue: { name: NAME, rateLimits: { maxDispatchesPerSecond: 7 } } });
  await client.createTask({ parent: NAME, task: { httpRequest: { url: receiver.url } } });
  await emulator.waitForIdle({ until: "empty" });
  await client.pauseQueue({ name: NAME });
  await client.createTask({ parent: NAME, task: { httpRequest: { url: receiver.url } } });
  const readMask = { paths: ["name", "stats"] };
  const [queue] = await beta3.getQueue({ name: NAME, readMask });
  expect(queue).toMatchObject({ name: NAME, rateLimits: null });
  expect(queue.stats).toMatchObject({
    tasksCount: "1",
    executedLastMinuteCount: "1",
    concurrentDispatchesCount: "0",
    effectiveExecutionRate: 7,
    oldestEstimatedArrivalTime: { seconds: String(Math.floor(clock.now() / 1000)) },
  });
  const [[listed]] = await beta3.listQueues({ parent: PARENT, readMask: { paths: ["stats.tasks_count"] } });
  expect(listed).toMatchObject({ name: "", stats: { tasksCount: "1", executedLastMinuteCount: "0" } });
  await clock.advance("2m");
  expect((await beta3.getQueue({ name: NAME, readMask }))[0].stats).toMatchObject({ executedLastMinuteCount: "0" });
});

it.each<[what: string, queue: object]>([
  ["Queue.task_ttl", { taskTtl: { seconds: 60 } }],
  ["Queue.tombstone_ttl", { tombstoneTtl: { seconds: 60 } }],
  ["Queue.type PULL", { type: "PULL" }],
  ["Queue.app_engine_http_queue", { appEngineHttpQueue: { appEngineRoutingOverride: { service: "s" } } }],
])("v2beta3 refuses %s by its name", async (what, queue) => {
  const { beta3 } = await setup();
  const rejection = await rejectionOf(() => beta3.createQueue({ parent: PARENT, queue: { name: NAME, ...queue } }));
  expect([rejection.code, rejection.message]).toEqual([status.UNIMPLEMENTED, expect.stringContaining(what)]);
});

test("v2beta3 refuses a pull task, and names itself in errors", async () => {
  const { beta3 } = await setup();
  await beta3.createQueue({ parent: PARENT, queue: { name: NAME, appEngineHttpQueue: {} } });
  const pull = await rejectionOf(() => beta3.createTask({ parent: NAME, task: { pullMessage: { tag: "t" } } }));
  expect([pull.code, pull.message]).toEqual([status.UNIMPLEMENTED, expect.stringContaining("Task.pull_message")]);
  const [{ text } = { text: "" }] = (await rejectionOf(() => beta3.getQueue({ name: "" }))).details;
  expect(text).toContain("method: google.cloud.tasks.v2beta3.CloudTasks.GetQueue");
});

it.each(TRANSPORTS)("v2beta2 serves push queues in its own words, over %s", async (transport) => {
  const { beta2, client, receiver, emulator } = await setup(transport);
  const [created] = await beta2.createQueue({
    parent: PARENT,
    queue: {
      name: NAME,
      rateLimits: { maxTasksDispatchedPerSecond: 5, maxConcurrentTasks: 2 },
      retryConfig: { unlimitedAttempts: true },
    },
  });
  expect(created).toMatchObject({
    rateLimits: { maxTasksDispatchedPerSecond: 5, maxConcurrentTasks: 2, maxBurstSize: 10 },
    retryConfig: { unlimitedAttempts: true },
  });
  expect((await client.getQueue({ name: NAME }))[0]).toMatchObject({
    rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 2 },
    retryConfig: { maxAttempts: -1 },
  });
  const updateMask = { paths: ["rate_limits.max_tasks_dispatched_per_second"] };
  const [updated] = await beta2.updateQueue({
    queue: { name: NAME, rateLimits: { maxTasksDispatchedPerSecond: 8 } },
    updateMask,
  });
  expect(updated.rateLimits).toMatchObject({ maxTasksDispatchedPerSecond: 8, maxConcurrentTasks: 2 });

  await beta2.pauseQueue({ name: NAME });
  const [task] = await beta2.createTask({ parent: NAME, task: { httpRequest: { url: receiver.url } } });
  expect(task.status).toMatchObject({ attemptDispatchCount: 0 });
  expect((await beta2.listTasks({ parent: NAME }))[0]).toHaveLength(1);
  expect((await beta2.runTask({ name: task.name ?? "" }))[0].status).toMatchObject({ attemptDispatchCount: 1 });
  await emulator.waitForIdle({ until: "empty" });
  expect(receiver.received).toHaveLength(1);
  expect((await beta2.listQueues({ parent: PARENT }))[0]).toMatchObject([{ rateLimits: { maxConcurrentTasks: 2 } }]);
});

test("v2beta2 doesn't implement pull queues", async () => {
  const { beta2 } = await setup();
  const queue = { name: NAME, pullTarget: {} };
  const created = await rejectionOf(() => beta2.createQueue({ parent: PARENT, queue }));
  expect([created.code, created.message]).toEqual([status.UNIMPLEMENTED, expect.stringContaining("Queue.pull_target")]);
  const leased = await rejectionOf(() => beta2.leaseTasks({ parent: NAME, leaseDuration: { seconds: 5 } }));
  expect(leased.code).toBe(status.UNIMPLEMENTED);
});

it.each([
  [60_000, status.INVALID_ARGUMENT, true],
  [31_000, status.INVALID_ARGUMENT, true],
  [29_000, status.OK, false],
])("answers a call with a deadline in %i ms with %i", async (timeout, code, isRefused) => {
  const { client, beta3 } = await setup();
  await client.createQueue({ parent: PARENT, queue: { name: NAME } }, { timeout: 20_000 });
  const zone = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?-0[78]:00`;
  const words = new RegExp(`^The request deadline is ${zone}. The deadline cannot be more than 30s in the future.$`);
  for (const api of [client, beta3]) {
    const { code: answered, message } = await rejectionOf(() => api.getQueue({ name: NAME }, { timeout, retry: null }));
    expect([answered, words.test(message)]).toEqual([code, isRefused]);
  }
});
