import { expect, it } from "vitest";
import { Shutdown } from "../../../../services/worker/runner/shutdown.ts";
import { VirtualClock } from "handoff-emulators/clock";

function setup() {
  const clock = new VirtualClock();
  const shutdown = new Shutdown(clock);
  const work = Promise.withResolvers<string>();
  const drained: string[] = [];
  /** Drains, and notes when that is over. */
  const drain = () => void shutdown.drain().then((isDrained) => drained.push(isDrained ? "drained" : "given up"));
  return { clock, shutdown, work, drained, drain };
}

it("has not begun before it is asked to drain", () => {
  const { shutdown } = setup();
  expect([shutdown.begun, shutdown.signal.aborted]).toEqual([false, false]);
});

it("drains at once when nothing is in progress", async () => {
  const { shutdown, clock } = setup();
  await shutdown.drain();
  expect([shutdown.begun, shutdown.signal.aborted, clock.pending]).toEqual([true, false, 0]);
});

it("has begun as soon as it is asked to drain", () => {
  const { shutdown, drain, work } = setup();
  void shutdown.track(work.promise);
  drain();
  expect(shutdown.begun).toBe(true);
});

it("returns tracked work's own result", async () => {
  const { shutdown, work } = setup();
  const tracked = shutdown.track(work.promise);
  work.resolve("result");
  expect(await tracked).toBe("result");
});

it("waits for work in progress, and aborts nothing that ends within 8 s", async () => {
  const { shutdown, work, clock, drain, drained } = setup();
  void shutdown.track(work.promise);
  drain();
  await clock.advance(7_999);
  expect(drained).toEqual([]);
  work.resolve("done");
  await clock.advance(0);
  expect([drained, shutdown.signal.aborted, clock.pending]).toEqual([["drained"], false, 0]);
});

it("aborts work that is still in progress after 8 s, and keeps waiting for it", async () => {
  const { shutdown, work, clock, drain, drained } = setup();
  void shutdown.track(work.promise);
  drain();
  await clock.advance(8_000);
  expect([drained, shutdown.signal.aborted]).toEqual([[], true]);
  work.resolve("stopped");
  await clock.advance(0);
  expect(drained).toEqual(["drained"]);
});

it("drains even if work in progress fails", async () => {
  const { shutdown, work, clock, drain, drained } = setup();
  const tracked = shutdown.track(work.promise);
  drain();
  work.reject(new Error("failed"));
  await expect(tracked).rejects.toThrow("failed");
  await clock.advance(0);
  expect(drained).toEqual(["drained"]);
});

it("waits for work that begins while it drains", async () => {
  const { shutdown, work, clock, drain, drained } = setup();
  const more = Promise.withResolvers<void>();
  void shutdown.track(work.promise.then(() => void shutdown.track(more.promise)));
  drain();
  work.resolve("answered, with something left to do");
  await clock.advance(0);
  expect(drained).toEqual([]);
  await clock.advance(8_000);
  expect(shutdown.signal.aborted).toBe(true);
  more.resolve();
  await clock.advance(0);
  expect(drained).toEqual(["drained"]);
});

it("abandons remaining work just before the instance is killed", async () => {
  const { shutdown, work, clock, drain, drained } = setup();
  void shutdown.track(work.promise);
  drain();
  await clock.advance(9_199);
  expect(drained).toEqual([]);
  await clock.advance(1);
  expect([drained, clock.pending]).toEqual([["given up"], 0]);
});
