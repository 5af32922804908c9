import { v2beta3 } from "@google-cloud/tasks";
import { expect, onTestFinished, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

const READ_MASK = { paths: ["name", "stats"] };

async function setup(options: Parameters<typeof startHarness>[0] = {}) {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock, ...options });
  const beta3 = new v2beta3.CloudTasksClient(harness.emulator.clientOptions());
  onTestFinished(() => beta3.close());
  const queue = await createQueue(harness, "q", { rateLimits: { maxDispatchesPerSecond: 8 } });
  const statistics = async () => (await beta3.getQueue({ name: queue, readMask: READ_MASK }))[0].stats;
  return { ...harness, clock, beta3, queue, statistics };
}

test("the effective rate is below the configured one while the queue is slowed down", async () => {
  const { statistics, clock, queue, receiver, emulator, ...harness } = await setup();
  receiver.respondWith(() => ({ status: 503, headers: {} }));
  await createTask({ ...harness, receiver }, queue);
  await emulator.waitForIdle();
  expect(await statistics()).toMatchObject({ effectiveExecutionRate: 4, executedLastMinuteCount: "1" });
  expect((await harness.client.getQueue({ name: queue }))[0].rateLimits?.maxDispatchesPerSecond).toBe(8);

  receiver.respondWith(() => ({ status: 200, headers: {} }));
  await clock.advance("2m");
  await emulator.waitForIdle({ until: "empty" });
  expect(await statistics()).toMatchObject({ effectiveExecutionRate: 8, tasksCount: "0" });
});

test("a task that is being delivered is in flight, and no longer scheduled", async () => {
  const { statistics, queue, receiver, emulator, clock, ...harness } = await setup();
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  receiver.respondWith(async () => {
    await mayEnd;
    return { status: 200, headers: {} };
  });
  await createTask({ ...harness, receiver }, queue);
  await receiver.arrived(1);
  const running = { tasksCount: "1", concurrentDispatchesCount: "1", executedLastMinuteCount: "0" };
  expect(await statistics()).toMatchObject({ ...running, oldestEstimatedArrivalTime: null });

  const dueMs = clock.now() + 60_000;
  await createTask({ ...harness, receiver }, queue, { dueMs });
  const oldestEstimatedArrivalTime = { seconds: String(Math.floor(dueMs / 1000)) };
  expect(await statistics()).toMatchObject({ ...running, tasksCount: "2", oldestEstimatedArrivalTime });
  end();
  await emulator.waitForIdle();
  expect(await statistics()).toMatchObject({ tasksCount: "1", concurrentDispatchesCount: "0" });
});

test("what was delivered in the last minute counts although the history has forgotten it", async () => {
  const { statistics, queue, receiver, emulator, clock, ...harness } = await setup({ historyAttempts: 1 });
  for (let task = 0; task < 3; task++) await createTask({ ...harness, receiver }, queue);
  await emulator.waitForIdle({ until: "empty" });
  expect(emulator.history()).toHaveLength(1);
  expect(await statistics()).toMatchObject({ executedLastMinuteCount: "3" });
  await clock.advance("59s");
  expect(await statistics()).toMatchObject({ executedLastMinuteCount: "3" });
  await clock.advance("2s");
  expect(await statistics()).toMatchObject({ executedLastMinuteCount: "0" });
});

test("over REST, statistics come only for a mask that names them", async () => {
  const { emulator, queue } = await setup();
  const read = async (query: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`http://${emulator.host}:${emulator.port}/v2beta3/${queue}${query}`);
    expect(response.status).toBe(200);
    return JSON.parse(await response.text());
  };
  expect(await read("?readMask=name,stats")).toEqual({
    name: queue,
    stats: { effectiveExecutionRate: 8 },
  });
  expect(await read("?readMask=state,rateLimits.maxDispatchesPerSecond")).toEqual({
    state: "RUNNING",
    rateLimits: { maxDispatchesPerSecond: 8 },
  });
  for (const query of ["", "?readMask=*", "?readMask=name,state"])
    expect(await read(query)).not.toHaveProperty("stats");
});
