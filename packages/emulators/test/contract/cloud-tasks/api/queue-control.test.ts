import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

test("accepts tasks while paused, delivers none, and delivers them when resumed", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const [paused] = await harness.client.pauseQueue({ name: queue });
  expect(paused.state).toBe("PAUSED");
  await createTask(harness, queue);
  await createTask(harness, queue);
  await clock.advance(3_600_000);
  expect(harness.receiver.received).toHaveLength(0);

  const [resumed] = await harness.client.resumeQueue({ name: queue });
  expect(resumed.state).toBe("RUNNING");
  await harness.attemptsEnded(2);
  expect(harness.receiver.received).toHaveLength(2);
});

test("purges existing tasks, but not later ones", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await createTask(harness, queue, { id: "before", dueMs: clock.now() + 1000 });
  const [purged] = await harness.client.purgeQueue({ name: queue });
  expect(Number(purged.purgeTime?.seconds) * 1000).toBe(clock.now());
  await createTask(harness, queue, { id: "after", dueMs: clock.now() + 1000 });

  const again = await rejectionOf(() => createTask(harness, queue, { id: "before" }));
  expect(again.code).toBe(status.ALREADY_EXISTS);

  await clock.advance(1000);
  await harness.attemptsEnded(1);
  await clock.advance(3_600_000);
  expect(harness.attempts.map(({ task }) => task)).toEqual(["after"]);
});

test("doesn't retry a delivery whose task was deleted meanwhile", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => held.promise);
  const name = await createTask(harness, queue);
  await harness.receiver.arrived(1);
  await harness.client.deleteTask({ name });
  held.resolve(500);
  await harness.attemptsEnded(1);
  expect(harness.attempts[0]?.message).toBe("ended after its task was deleted");
  await clock.advance(3_600_000);
  expect(harness.receiver.received).toHaveLength(1);
});

test("delivers no more tasks of a deleted queue", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  harness.receiver.respondWith(() => 500);
  await createTask(harness, queue);
  await createTask(harness, queue, { dueMs: clock.now() + 1000 });
  await harness.attemptsEnded(1);
  await harness.client.deleteQueue({ name: queue });
  await clock.advance(3_600_000);
  expect(harness.receiver.received).toHaveLength(1);
});

test("runs a task of a paused queue at once, which uses up its pending schedule", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  await harness.client.pauseQueue({ name: queue });
  const name = await createTask(harness, queue, { dueMs: clock.now() + 60_000 });
  const [running] = await harness.client.runTask({ name });
  expect(running).toMatchObject({ dispatchCount: 1, lastAttempt: { responseStatus: null } });
  await harness.attemptsEnded(1);
  expect((await rejectionOf(() => harness.client.getTask({ name }))).code).toBe(status.NOT_FOUND);

  await harness.client.resumeQueue({ name: queue });
  await clock.advance(120_000);
  expect(harness.receiver.received).toHaveLength(1);
});

test("retries a task that fails in RunTask after the delay from the time of the call", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 30 } } });
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? held.promise : 200));
  const calledMs = clock.now();
  const name = await createTask(harness, queue, { dueMs: calledMs + 3_600_000 });
  await harness.client.runTask({ name });
  await harness.receiver.arrived(1);
  await clock.advance(5000);
  held.resolve(500);
  await harness.attemptsEnded(1);

  const [task] = await harness.client.getTask({ name });
  expect(Number(task.scheduleTime?.seconds) * 1000).toBe(calledMs + 30_000);
  await clock.advance(25_000);
  await harness.attemptsEnded(2);
  expect(harness.attempts[1]?.message).toBe("delivered");
});

test("runs a task that is already running once more, and no more", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness);
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => held.promise);
  const name = await createTask(harness, queue);
  await harness.receiver.arrived(1);
  await harness.client.runTask({ name });
  await harness.receiver.arrived(2);
  held.resolve(200);
  await harness.attemptsEnded(2);
  expect(harness.attempts.map(({ message }) => message).toSorted()).toEqual([
    "delivered",
    "ended after its task was deleted",
  ]);
  await clock.advance(3_600_000);
  expect(harness.receiver.received).toHaveLength(2);
});

test("retries once after two overlapping attempts have failed", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { retryConfig: { minBackoff: { seconds: 1 }, maxDoublings: 1 } });
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith((_delivery, index) => (index < 2 ? held.promise : 200));
  const name = await createTask(harness, queue);
  await harness.receiver.arrived(1);
  await harness.client.runTask({ name });
  await harness.receiver.arrived(2);
  held.resolve(500);
  await harness.attemptsEnded(2);
  await clock.advance(3_600_000);
  await harness.attemptsEnded(3);
  await clock.advance(3_600_000);
  expect(harness.receiver.received).toHaveLength(3);
});
