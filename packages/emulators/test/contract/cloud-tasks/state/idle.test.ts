import { expect, test } from "vitest";
import { NotIdleError } from "../../../../src/cloud-tasks/testing/idle.ts";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";

const MINUTE_MS = 60_000;
const RETRIES = { minBackoff: { seconds: 60 }, maxBackoff: { seconds: 60 }, maxAttempts: 2 };

/** A bundle whose clock stands still, with a queue that retries once, after a minute. */
async function setup() {
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 1) });
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "q", { retryConfig: RETRIES });
  /** Whether a wait is over by now, and why if it isn't. */
  const stateOf = async (until: "due" | "retries" | "empty", only?: string): Promise<string> => {
    try {
      await bundle.emulator.waitForIdle({ until, timeoutMs: 1, ...(only === undefined ? {} : { queue: only }) });
      return "idle";
    } catch (error) {
      if (error instanceof NotIdleError) return error.message;
      throw error;
    }
  };
  return { ...bundle, clock, queue, stateOf };
}

test("an emulator with nothing to do is idle in every way", async () => {
  const { stateOf } = await setup();
  for (const until of ["due", "retries", "empty"] as const) expect(await stateOf(until)).toBe("idle");
});

test("a wait ends with the last delivery's end, and not before", async () => {
  const bundle = await setup();
  const gate = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => gate.promise);
  await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.receiver.arrived(1);

  expect(await bundle.stateOf("due")).toBe(
    `Not idle (due) after 1 ms:\n  - ${bundle.queue}/tasks/one (dispatch 1) is being delivered.`,
  );
  const idle = bundle.emulator.waitForIdle({ until: "empty" });
  gate.resolve(200);
  await idle;

  expect(bundle.attempts).toMatchObject([{ task: "one", status: 200 }]);
});

test("a task that will be tried again is idle by `due`, and goes on by `retries` until it is done with", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith(() => 500);
  await createTask(bundle, bundle.queue, { id: "one" });
  await bundle.emulator.waitForIdle();

  expect(bundle.attempts).toHaveLength(1);
  expect(await bundle.stateOf("retries")).toContain("one has failed (1) and is due at 2026-01-01T00:01:00.000Z.");
  const idle = bundle.emulator.waitForIdle({ until: "retries" });
  await bundle.clock.advance(MINUTE_MS);
  await idle;
  expect(bundle.attempts).toHaveLength(2);
});

test("a task that is scheduled goes on by `empty` alone", async () => {
  const bundle = await setup();
  await createTask(bundle, bundle.queue, { id: "later", dueMs: bundle.clock.now() + MINUTE_MS });

  expect(await bundle.stateOf("due")).toBe("idle");
  expect(await bundle.stateOf("retries")).toBe("idle");
  expect(await bundle.stateOf("empty")).toContain(
    "later has not been delivered yet and is due at 2026-01-01T00:01:00.000Z.",
  );
  const idle = bundle.emulator.waitForIdle({ until: "empty" });
  await bundle.client.deleteTask({ name: `${bundle.queue}/tasks/later` });
  await idle;
});

test("a retry that is forced, deleted or purged is waited for no more", async () => {
  const bundle = await setup();
  bundle.receiver.answerWith(({ headers }) => (headers.get("X-CloudTasks-TaskRetryCount") === "0" ? 500 : 200));
  for (const id of ["forced", "deleted", "purged"]) await createTask(bundle, bundle.queue, { id });
  await bundle.emulator.waitForIdle();
  expect(await bundle.stateOf("retries")).toContain("has failed (1)");

  await bundle.client.runTask({ name: `${bundle.queue}/tasks/forced` });
  await bundle.client.deleteTask({ name: `${bundle.queue}/tasks/deleted` });
  await bundle.emulator.waitForIdle();
  expect(await bundle.stateOf("retries")).toContain("purged has failed (1)");
  await bundle.client.purgeQueue({ name: bundle.queue });

  expect(await bundle.stateOf("retries")).toBe("idle");
  expect(await bundle.stateOf("empty")).toBe("idle");
});

test("two deliveries of one task are both waited for", async () => {
  const bundle = await setup();
  const gates = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  bundle.receiver.answerWith((_, index) => gates[index]?.promise ?? 200);
  const name = await createTask(bundle, bundle.queue, { id: "twice" });
  await bundle.receiver.arrived(1);
  await bundle.client.runTask({ name });
  await bundle.receiver.arrived(2);

  gates[0]?.resolve(500);
  await bundle.attemptsEnded(1);
  expect(await bundle.stateOf("due")).toContain("twice (dispatch 2) is being delivered");
  gates[1]?.resolve(200);
  await bundle.emulator.waitForIdle({ until: "empty" });
});

test("a paused queue is idle, but not empty", async () => {
  const bundle = await setup();
  await bundle.client.pauseQueue({ name: bundle.queue });
  await createTask(bundle, bundle.queue, { id: "held" });

  expect(await bundle.stateOf("retries")).toBe("idle");
  expect(await bundle.stateOf("empty")).toContain("held waits in a queue that is paused.");
  const idle = bundle.emulator.waitForIdle({ until: "empty" });
  await bundle.client.resumeQueue({ name: bundle.queue });
  await idle;
  expect(bundle.receiver.received).toHaveLength(1);
});

test("a task that is held back by its queue's rate is waited for", async () => {
  const bundle = await setup();
  const slow = await createQueue(bundle, "slow", { rateLimits: { maxDispatchesPerSecond: 1 } });
  for (let n = 0; n < 11; n++) await createTask(bundle, slow);
  await bundle.attemptsEnded(10);

  expect(await bundle.stateOf("due")).toContain("is due and waits for its queue's limits.");
  const idle = bundle.emulator.waitForIdle({ until: "empty" });
  await bundle.clock.advance(1_000);
  await idle;
  expect(bundle.receiver.received).toHaveLength(11);
});

test("a task that a read finds too old is waited for no more", async () => {
  const bundle = await setup();
  await bundle.client.pauseQueue({ name: bundle.queue });
  await createTask(bundle, bundle.queue, { id: "old" });
  const idle = bundle.emulator.waitForIdle({ until: "empty" });
  await bundle.clock.advance(31 * 24 * 60 * MINUTE_MS);

  expect((await bundle.client.listTasks({ parent: bundle.queue }))[0]).toEqual([]);
  await idle;
});

test("one queue can be waited for alone, and one that is deleted is waited for no more", async () => {
  const bundle = await setup();
  const other = await createQueue(bundle, "other");
  bundle.receiver.answerWith(() => "stall");
  await createTask(bundle, other);
  await bundle.receiver.arrived(1);

  expect(await bundle.stateOf("empty", bundle.queue)).toBe("idle");
  expect(await bundle.stateOf("empty")).toContain("other/tasks/");
  const idle = bundle.emulator.waitForIdle();
  await bundle.client.deleteQueue({ name: other });
  await idle;
});

test("a queue that there is not can't be waited for", async () => {
  const { emulator } = await setup();
  await expect(emulator.waitForIdle({ queue: "q" })).rejects.toThrow(
    new RangeError("There is no queue q to wait for."),
  );
});
