import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startHarness } from "../support/harness.ts";

test("keeps as many deliveries in progress as the queue allows, and no more", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness, "default", { rateLimits: { maxConcurrentDispatches: 3 } });
  const held: PromiseWithResolvers<number>[] = [];
  harness.receiver.respondWith(() => {
    const response = Promise.withResolvers<number>();
    held.push(response);
    return response.promise;
  });
  await Promise.all(Array.from({ length: 20 }, () => createTask(harness, queue)));
  for (let index = 0; index < 20; index++) {
    await harness.receiver.arrived(Math.min(20, index + 3));
    held[index]?.resolve(200);
  }
  await harness.attemptsEnded(20);
  expect(harness.receiver.mostOpen).toBe(3);
});

test("delivers a burst, then at the queue's rate", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 2 } });
  await Promise.all(Array.from({ length: 20 }, () => createTask(harness, queue)));
  await harness.attemptsEnded(10);
  await clock.advance(499);
  expect(harness.receiver.received).toHaveLength(10);
  await clock.advance(1);
  await harness.attemptsEnded(11);
  await clock.advance(2000);
  await harness.attemptsEnded(15);
  expect(harness.receiver.received).toHaveLength(15);
});

test("delivers less than once a second if the rate says so", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 0.1 } });
  await Promise.all(Array.from({ length: 12 }, () => createTask(harness, queue)));
  await harness.attemptsEnded(10);
  await clock.advance(9999);
  expect(harness.receiver.received).toHaveLength(10);
  await clock.advance(1);
  await harness.attemptsEnded(11);
  await clock.advance(10_000);
  await harness.attemptsEnded(12);
});

test("takes a token for a retry, too", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", {
    rateLimits: { maxDispatchesPerSecond: 1 },
    retryConfig: { minBackoff: { nanos: 1_000_000 }, maxBackoff: { nanos: 1_000_000 } },
  });
  harness.receiver.respondWith(() => 400);
  await createTask(harness, queue);
  for (let attempts = 1; attempts <= 10; attempts++) {
    await harness.attemptsEnded(attempts);
    await clock.advance(1);
  }
  await clock.advance(900);
  expect(harness.receiver.received).toHaveLength(10);
  await clock.advance(100);
  await harness.attemptsEnded(11);
});

test("slows the whole queue down when a worker responds 503, and recovers", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock });
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 1 } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 503 : 200));
  await createTask(harness, queue, { dueMs: clock.now() + 1 });
  await clock.advance(1);
  await harness.attemptsEnded(1);
  // The bucket of ten tokens is halved along with the rate.
  await Promise.all(Array.from({ length: 20 }, () => createTask(harness, queue)));
  await clock.advance(50);
  await harness.attemptsEnded(6);
  expect(harness.receiver.received).toHaveLength(6);
  await clock.advance(60_000);
  await harness.attemptsEnded(22);
});

test("does not slow down on 503 when told not to", async () => {
  const clock = new VirtualClock();
  const harness = await startHarness({ clock, slowDown: false });
  const queue = await createQueue(harness, "default", { rateLimits: { maxDispatchesPerSecond: 1 } });
  harness.receiver.respondWith((_delivery, index) => (index === 0 ? 503 : 200));
  await createTask(harness, queue, { dueMs: clock.now() + 1 });
  await clock.advance(1);
  await harness.attemptsEnded(1);
  await Promise.all(Array.from({ length: 20 }, () => createTask(harness, queue)));
  await clock.advance(50);
  await harness.attemptsEnded(10);
  expect(harness.receiver.received).toHaveLength(10);
});

test("uses a raised concurrency at once", async () => {
  const harness = await startHarness();
  const queue = await createQueue(harness, "default", { rateLimits: { maxConcurrentDispatches: 1 } });
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => held.promise);
  await Promise.all(Array.from({ length: 3 }, () => createTask(harness, queue)));
  await harness.receiver.arrived(1);
  expect(harness.receiver.received).toHaveLength(1);
  await harness.client.updateQueue({ queue: { name: queue, rateLimits: { maxConcurrentDispatches: 3 } } });
  await harness.receiver.arrived(3);
  held.resolve(200);
  await harness.attemptsEnded(3);
});

test("limits the deliveries in progress over all queues, and serves every queue", async () => {
  const harness = await startHarness({ maxDeliveries: 3 });
  const queues = await Promise.all(["one", "two", "three"].map((queueId) => createQueue(harness, queueId)));
  const held = Promise.withResolvers<number>();
  harness.receiver.respondWith(() => held.promise);

  await Promise.all(queues.flatMap((queue) => Array.from({ length: 20 }, () => createTask(harness, queue))));
  await harness.receiver.arrived(3);
  // Long enough for other deliveries to arrive over the same loopback.
  for (const name of [...queues, ...queues, ...queues]) await harness.client.getQueue({ name });
  expect(harness.receiver.received).toHaveLength(3);

  held.resolve(200);
  await harness.attemptsEnded(60);
  expect(harness.receiver.mostOpen).toBe(3);
  expect(harness.receiver.received).toHaveLength(60);
});
