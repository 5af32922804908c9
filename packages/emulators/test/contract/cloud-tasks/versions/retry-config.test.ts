import { expect, it, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue } from "../support/harness.ts";
import { startRestHarness } from "../support/rest-caller.ts";

async function setup() {
  const clock = new VirtualClock();
  const harness = await startRestHarness({ clock });
  const queue = await createQueue(harness, "q", { retryConfig: { maxAttempts: 10, minBackoff: { seconds: 1 } } });
  const create = (retryConfig: object, id = "t") =>
    harness.call("POST", `/v2/${queue}/tasks`, {
      task: { name: `${queue}/tasks/${id}`, httpRequest: { url: harness.receiver.url }, retryConfig },
    });
  return { ...harness, clock, queue, create };
}

const DEFAULTS = { minBackoff: "0.100s", maxBackoff: "3600s", maxDoublings: 16 };

it.each([
  [{ maxAttempts: 3 }, { maxAttempts: 3, ...DEFAULTS }],
  [{}, { maxAttempts: 100, ...DEFAULTS }],
  [
    { maxAttempts: 3, maxRetryDuration: "60s", minBackoff: "2s", maxBackoff: "4s", maxDoublings: 1 },
    { maxAttempts: 3, maxRetryDuration: "60s", minBackoff: "2s", maxBackoff: "4s", maxDoublings: 1 },
  ],
])("stores a task's %j with the defaults", async (retryConfig, stored) => {
  const { call, create, queue } = await setup();
  await call("POST", `/v2/${queue}:pause`, {});
  expect((await create(retryConfig)).json).toMatchObject({ retryConfig: stored });
  expect((await call("GET", `/v2/${queue}/tasks/t`)).json).toMatchObject({ retryConfig: stored });
});

it.each([
  [{ maxAttempts: -2 }, "RetryConfig.maxAttempts must be greater or equal to -1."],
  [{ maxDoublings: -1 }, "RetryConfig.maxDoublings cannot be negative."],
  [{ minBackoff: "-1s" }, "RetryConfig.minBackoff cannot be negative."],
  [{ maxRetryDuration: "-1s" }, "RetryConfig.max_retry_duration.seconds cannot be negative."],
  [{ maxRetryDuration: "30.9s" }, "RetryConfig.max_retry_duration.nanos cannot be set."],
  [
    { minBackoff: "5s", maxBackoff: "1s" },
    "RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.",
  ],
])("refuses a task's %j in the words for queues", async (retryConfig, message) => {
  const { create, client, queue } = await setup();
  expect((await create(retryConfig)).json.error).toMatchObject({ code: 400, message });
  expect((await client.listTasks({ parent: queue }))[0]).toEqual([]);
});

test("a task is retried by its own settings, its neighbour by the queue's", async () => {
  const { clock, create, receiver, emulator, queue } = await setup();
  receiver.respondWith(() => 500);
  await create({ maxAttempts: 2, minBackoff: "5s" }, "own");
  await create({ maxAttempts: 4, minBackoff: "1s", maxDoublings: 1 }, "other");
  await clock.advance("1h");
  const times = (id: string) =>
    emulator.history({ task: `${queue}/tasks/${id}` }).map(({ dispatchedMs }) => dispatchedMs);
  const own = times("own");
  expect(own).toHaveLength(2);
  expect((own[1] ?? 0) - (own[0] ?? 0)).toBeGreaterThanOrEqual(5000);
  expect(times("other")).toHaveLength(4);
});
