import { expect, test } from "vitest";
import { VirtualClock } from "../../../../src/kernel/virtual-clock.ts";
import { createQueue, createTask, startBundle } from "../support/harness.ts";

test("never has more deliveries under way than the queue allows, and uses all it allows", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle, "default", { rateLimits: { maxConcurrentDispatches: 3 } });
  const held: PromiseWithResolvers<number>[] = [];
  bundle.receiver.answerWith(() => {
    const answer = Promise.withResolvers<number>();
    held.push(answer);
    return answer.promise;
  });
  await Promise.all(Array.from({ length: 20 }, () => createTask(bundle, queue)));
  for (let index = 0; index < 20; index++) {
    await bundle.receiver.arrived(Math.min(20, index + 3));
    held[index]?.resolve(200);
  }
  await bundle.attemptsEnded(20);
  expect(bundle.receiver.mostOpen).toBe(3);
});

test("delivers a burst, then at the queue's rate", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { rateLimits: { maxDispatchesPerSecond: 2 } });
  await Promise.all(Array.from({ length: 20 }, () => createTask(bundle, queue)));
  await bundle.attemptsEnded(10);
  await clock.advance(499);
  expect(bundle.receiver.received).toHaveLength(10);
  await clock.advance(1);
  await bundle.attemptsEnded(11);
  await clock.advance(2000);
  await bundle.attemptsEnded(15);
  expect(bundle.receiver.received).toHaveLength(15);
});

test("delivers less than one a second where the rate says so", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { rateLimits: { maxDispatchesPerSecond: 0.1 } });
  await Promise.all(Array.from({ length: 12 }, () => createTask(bundle, queue)));
  await bundle.attemptsEnded(10);
  await clock.advance(9999);
  expect(bundle.receiver.received).toHaveLength(10);
  await clock.advance(1);
  await bundle.attemptsEnded(11);
  await clock.advance(10_000);
  await bundle.attemptsEnded(12);
});

test("lets a retry take a token too", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", {
    rateLimits: { maxDispatchesPerSecond: 1 },
    retryConfig: { minBackoff: { nanos: 1_000_000 }, maxBackoff: { nanos: 1_000_000 } },
  });
  bundle.receiver.answerWith(() => 400);
  await createTask(bundle, queue);
  for (let attempts = 1; attempts <= 10; attempts++) {
    await bundle.attemptsEnded(attempts);
    await clock.advance(1);
  }
  await clock.advance(900);
  expect(bundle.receiver.received).toHaveLength(10);
  await clock.advance(100);
  await bundle.attemptsEnded(11);
});

test("slows the whole queue down when a worker answers 503, and recovers", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock });
  const queue = await createQueue(bundle, "default", { rateLimits: { maxDispatchesPerSecond: 1 } });
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 503 : 200));
  await createTask(bundle, queue, { dueMs: clock.now() + 1 });
  await clock.advance(1);
  await bundle.attemptsEnded(1);
  // The bucket of ten tokens is halved with the rate.
  await Promise.all(Array.from({ length: 20 }, () => createTask(bundle, queue)));
  await clock.advance(50);
  await bundle.attemptsEnded(6);
  expect(bundle.receiver.received).toHaveLength(6);
  await clock.advance(60_000);
  await bundle.attemptsEnded(22);
});

test("does not slow down on 503 when told not to", async () => {
  const clock = new VirtualClock();
  const bundle = await startBundle({ clock, slowDown: false });
  const queue = await createQueue(bundle, "default", { rateLimits: { maxDispatchesPerSecond: 1 } });
  bundle.receiver.answerWith((_delivery, index) => (index === 0 ? 503 : 200));
  await createTask(bundle, queue, { dueMs: clock.now() + 1 });
  await clock.advance(1);
  await bundle.attemptsEnded(1);
  await Promise.all(Array.from({ length: 20 }, () => createTask(bundle, queue)));
  await clock.advance(50);
  await bundle.attemptsEnded(10);
  expect(bundle.receiver.received).toHaveLength(10);
});

test("takes up a raised concurrency at once", async () => {
  const bundle = await startBundle();
  const queue = await createQueue(bundle, "default", { rateLimits: { maxConcurrentDispatches: 1 } });
  const held = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => held.promise);
  await Promise.all(Array.from({ length: 3 }, () => createTask(bundle, queue)));
  await bundle.receiver.arrived(1);
  expect(bundle.receiver.received).toHaveLength(1);
  await bundle.client.updateQueue({ queue: { name: queue, rateLimits: { maxConcurrentDispatches: 3 } } });
  await bundle.receiver.arrived(3);
  held.resolve(200);
  await bundle.attemptsEnded(3);
});

test("has no more deliveries under way than the emulator may, over all queues, and serves every queue", async () => {
  const bundle = await startBundle({ maxDeliveries: 3 });
  const queues = await Promise.all(["one", "two", "three"].map((queueId) => createQueue(bundle, queueId)));
  const held = Promise.withResolvers<number>();
  bundle.receiver.answerWith(() => held.promise);

  await Promise.all(queues.flatMap((queue) => Array.from({ length: 20 }, () => createTask(bundle, queue))));
  await bundle.receiver.arrived(3);
  // As many turns as other deliveries would need to arrive by the same loopback.
  for (const name of [...queues, ...queues, ...queues]) await bundle.client.getQueue({ name });
  expect(bundle.receiver.received).toHaveLength(3);

  held.resolve(200);
  await bundle.attemptsEnded(60);
  expect(bundle.receiver.mostOpen).toBe(3);
  expect(bundle.receiver.received).toHaveLength(60);
});
