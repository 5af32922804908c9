import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";
import { rejectionOf } from "../support/rejection.ts";

test("takes tasks while paused, delivers none, and delivers them when resumed", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  const [paused] = await bundle.client.pauseQueue({ name: queue });
  expect(paused.state).toBe("PAUSED");
  await createTask(bundle, queue);
  await createTask(bundle, queue);
  await clock.advance(3_600_000);
  expect(bundle.receiver.received).toHaveLength(0);

  const [resumed] = await bundle.client.resumeQueue({ name: queue });
  expect(resumed.state).toBe("RUNNING");
  await bundle.attemptsEnded(2);
  expect(bundle.receiver.received).toHaveLength(2);
});

test("purges the tasks that are there and not those that come after", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  await createTask(bundle, queue, { id: "before", dueMs: clock.now() + 1000 });
  const [purged] = await bundle.client.purgeQueue({ name: queue });
  expect(Number(purged.purgeTime?.seconds) * 1000).toBe(clock.now());
  await createTask(bundle, queue, { id: "after", dueMs: clock.now() + 1000 });

  const again = await rejectionOf(() => createTask(bundle, queue, { id: "before" }));
  expect(again.code).toBe(status.ALREADY_EXISTS);

  await clock.advance(1000);
  await bundle.attemptsEnded(1);
  await clock.advance(3_600_000);
  expect(bundle.attempts.map(({ task }) => task)).toEqual(["after"]);
});

test("ends a delivery whose task was deleted meanwhile without trying it again", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  const held = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => held.promise);
  const name = await createTask(bundle, queue);
  await bundle.receiver.arrived(1);
  await bundle.client.deleteTask({ name });
  held.resolve(500);
  await bundle.attemptsEnded(1);
  expect(bundle.attempts[0]?.message).toBe("ended after its task was deleted");
  await clock.advance(3_600_000);
  expect(bundle.receiver.received).toHaveLength(1);
});

test("delivers nothing more of a deleted queue", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  bundle.receiver.answerWith(() => 500);
  await createTask(bundle, queue);
  await createTask(bundle, queue, { dueMs: clock.now() + 1000 });
  await bundle.attemptsEnded(1);
  await bundle.client.deleteQueue({ name: queue });
  await clock.advance(3_600_000);
  expect(bundle.receiver.received).toHaveLength(1);
});

test("runs a task of a paused queue at once, and its pending schedule is used up by it", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  await bundle.client.pauseQueue({ name: queue });
  const name = await createTask(bundle, queue, { dueMs: clock.now() + 60_000 });
  const [running] = await bundle.client.runTask({ name });
  expect(running).toMatchObject({ dispatchCount: 1, lastAttempt: { responseStatus: null } });
  await bundle.attemptsEnded(1);
  expect((await rejectionOf(() => bundle.client.getTask({ name }))).code).toBe(status.NOT_FOUND);

  await bundle.client.resumeQueue({ name: queue });
  await clock.advance(120_000);
  expect(bundle.receiver.received).toHaveLength(1);
});

test("schedules a task that fails when run for the time of the call plus the delay", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { retryConfig: { minBackoff: { seconds: 30 } } });
  const held = Promise.withResolvers<number>();
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? held.promise : 200));
  const calledMs = clock.now();
  const name = await createTask(bundle, queue, { dueMs: calledMs + 3_600_000 });
  await bundle.client.runTask({ name });
  await bundle.receiver.arrived(1);
  await clock.advance(5000);
  held.resolve(500);
  await bundle.attemptsEnded(1);

  const [task] = await bundle.client.getTask({ name });
  expect(Number(task.scheduleTime?.seconds) * 1000).toBe(calledMs + 30_000);
  await clock.advance(25_000);
  await bundle.attemptsEnded(2);
  expect(bundle.attempts[1]?.message).toBe("delivered");
});

test("runs a task that is already running, once more and no more", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle);
  const held = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => held.promise);
  const name = await createTask(bundle, queue);
  await bundle.receiver.arrived(1);
  await bundle.client.runTask({ name });
  await bundle.receiver.arrived(2);
  held.resolve(200);
  await bundle.attemptsEnded(2);
  expect(bundle.attempts.map(({ message }) => message).toSorted()).toEqual([
    "delivered",
    "ended after its task was deleted",
  ]);
  await clock.advance(3_600_000);
  expect(bundle.receiver.received).toHaveLength(2);
});

test("goes on after both of two overlapping attempts failed, once", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { retryConfig: { minBackoff: { seconds: 1 }, maxDoublings: 1 } });
  const held = Promise.withResolvers<number>();
  bundle.receiver.answerWith((_delivery, index) => (index < 2 ? held.promise : 200));
  const name = await createTask(bundle, queue);
  await bundle.receiver.arrived(1);
  await bundle.client.runTask({ name });
  await bundle.receiver.arrived(2);
  held.resolve(500);
  await bundle.attemptsEnded(2);
  await clock.advance(3_600_000);
  await bundle.attemptsEnded(3);
  await clock.advance(3_600_000);
  expect(bundle.receiver.received).toHaveLength(3);
});
