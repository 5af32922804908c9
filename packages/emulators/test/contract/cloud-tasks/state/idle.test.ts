import { expect, test } from "vitest";
import { NotIdleError } from "../../../../src/cloud-tasks/testing/idle.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

const MINUTE_MS = 60_000;
const RETRIES = { minBackoff: { seconds: 60 }, maxBackoff: { seconds: 60 }, maxAttempts: 2 };

/** A harness with a virtual clock and a queue that retries once, after a minute. */
async function setup() {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "q", { retryConfig: RETRIES });
  /** Whether a wait is over, and why if it isn't. */
  const stateOf = async (until: "due" | "retries" | "empty", only?: string): Promise<string> => {
    try {
      await harness.emulator.waitForIdle({ until, timeoutMs: 1, ...(only === undefined ? {} : { queue: only }) });
      return "idle";
    } catch (error) {
      if (error instanceof NotIdleError) return error.message;
      throw error;
    }
  };
  return { ...harness, clock, queue, stateOf };
}

test("an emulator with nothing to do is idle in every sense", async () => {
  const { stateOf } = await setup();
  for (const until of ["due", "retries", "empty"] as const) expect(await stateOf(until)).toBe("idle");
});

test("a wait ends when the last delivery ends, and not before", async () => {
  const harness = await setup();
  const gate = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => gate.promise);
  await createTask(harness, harness.queue, { id: "one" });
  await harness.receiver.arrived(1);

  expect(await harness.stateOf("due")).toBe(
    `Not idle (due) after 1 ms:\n  - ${harness.queue}/tasks/one (dispatch 1) is being delivered.`,
  );
  const idle = harness.emulator.waitForIdle({ until: "empty" });
  gate.resolve(200);
  await idle;

  expect(harness.attempts).toMatchObject([{ task: "one", status: 200 }]);
});

test("a task with a pending retry is idle for `due`, but not for `retries` until it is finished", async () => {
  const harness = await setup();
  harness.receiver.respondWith(() => 500);
  await createTask(harness, harness.queue, { id: "one" });
  await harness.emulator.waitForIdle();

  expect(harness.attempts).toHaveLength(1);
  expect(await harness.stateOf("retries")).toContain("one has failed (1) and is due at 2026-01-01T00:01:00.000Z.");
  const idle = harness.emulator.waitForIdle({ until: "retries" });
  await harness.clock.advance(MINUTE_MS);
  await idle;
  expect(harness.attempts).toHaveLength(2);
});

test("a scheduled task matters only for `empty`", async () => {
  const harness = await setup();
  await createTask(harness, harness.queue, { id: "later", dueMs: harness.clock.now() + MINUTE_MS });

  expect(await harness.stateOf("due")).toBe("idle");
  expect(await harness.stateOf("retries")).toBe("idle");
  expect(await harness.stateOf("empty")).toContain(
    "later has not been delivered yet and is due at 2026-01-01T00:01:00.000Z.",
  );
  const idle = harness.emulator.waitForIdle({ until: "empty" });
  await harness.client.deleteTask({ name: `${harness.queue}/tasks/later` });
  await idle;
});

test("a retry that is forced, deleted or purged ends the wait", async () => {
  const harness = await setup();
  harness.receiver.respondWith(({ headers }) => (headers.get("X-CloudTasks-TaskRetryCount") === "0" ? 500 : 200));
  for (const id of ["forced", "deleted", "purged"]) await createTask(harness, harness.queue, { id });
  await harness.emulator.waitForIdle();
  expect(await harness.stateOf("retries")).toContain("has failed (1)");

  await harness.client.runTask({ name: `${harness.queue}/tasks/forced` });
  await harness.client.deleteTask({ name: `${harness.queue}/tasks/deleted` });
  await harness.emulator.waitForIdle();
  expect(await harness.stateOf("retries")).toContain("purged has failed (1)");
  await harness.client.purgeQueue({ name: harness.queue });

  expect(await harness.stateOf("retries")).toBe("idle");
  expect(await harness.stateOf("empty")).toBe("idle");
});

test("a wait includes both of two deliveries of one task", async () => {
  const harness = await setup();
  const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  harness.receiver.respondWith((_, index) => gates[index]?.promise ?? 200);
  const name = await createTask(harness, harness.queue, { id: "twice" });
  await harness.receiver.arrived(1);
  await harness.client.runTask({ name });
  await harness.receiver.arrived(2);

  gates[0]?.resolve(500);
  await harness.attemptsEnded(1);
  expect(await harness.stateOf("due")).toContain("twice (dispatch 2) is being delivered");
  gates[1]?.resolve(200);
  await harness.emulator.waitForIdle({ until: "empty" });
});

test("a paused queue is idle, but not empty", async () => {
  const harness = await setup();
  await harness.client.pauseQueue({ name: harness.queue });
  await createTask(harness, harness.queue, { id: "held" });

  expect(await harness.stateOf("retries")).toBe("idle");
  expect(await harness.stateOf("empty")).toContain("held is waiting in a paused queue.");
  const idle = harness.emulator.waitForIdle({ until: "empty" });
  await harness.client.resumeQueue({ name: harness.queue });
  await idle;
  expect(harness.receiver.received).toHaveLength(1);
});

test("a wait includes a task that its queue's rate holds back", async () => {
  const harness = await setup();
  const slow = await createQueue(harness, "slow", { rateLimits: { maxDispatchesPerSecond: 1 } });
  for (let n = 0; n < 11; n++) await createTask(harness, slow);
  await harness.attemptsEnded(10);

  expect(await harness.stateOf("due")).toContain("is due but held back by its queue's limits.");
  const idle = harness.emulator.waitForIdle({ until: "empty" });
  await harness.clock.advance(1_000);
  await idle;
  expect(harness.receiver.received).toHaveLength(11);
});

test("a wait ends when a read finds that its task is too old", async () => {
  const harness = await setup();
  await harness.client.pauseQueue({ name: harness.queue });
  await createTask(harness, harness.queue, { id: "old" });
  const idle = harness.emulator.waitForIdle({ until: "empty" });
  await harness.clock.advance(31 * 24 * 60 * MINUTE_MS);

  expect((await harness.client.listTasks({ parent: harness.queue }))[0]).toEqual([]);
  await idle;
});

test("a wait can be for one queue, and ends when that queue is deleted", async () => {
  const harness = await setup();
  const other = await createQueue(harness, "other");
  harness.receiver.respondWith(() => "stall");
  await createTask(harness, other);
  await harness.receiver.arrived(1);

  expect(await harness.stateOf("empty", harness.queue)).toBe("idle");
  expect(await harness.stateOf("empty")).toContain("other/tasks/");
  const idle = harness.emulator.waitForIdle();
  await harness.client.deleteQueue({ name: other });
  await idle;
});

test("a wait for a missing queue is refused", async () => {
  const { emulator } = await setup();
  await expect(emulator.waitForIdle({ queue: "q" })).rejects.toThrow(new RangeError("The queue q does not exist."));
});
