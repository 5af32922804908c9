import { expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { DeliverySlots } from "../../../../../services/worker/handlers/webhook/delivery-slots.ts";

function setup() {
  const clock = new VirtualClock();
  const slots = new DeliverySlots();
  const abort = new AbortController();
  const take = (keys: readonly string[], perKey = 2) =>
    slots.take({ keys, perKey, deadline: { clock, timeoutMs: 10_000, signal: abort.signal } });
  /** Takes slots that are free. */
  const hold = async (keys: readonly string[], perKey = 2) => {
    const release = await take(keys, perKey);
    if (!release) throw new Error("There was no slot.");
    return release;
  };
  return { clock, abort, take, hold };
}

it("gives out a key's slots up to its limit, and any other key's besides", async () => {
  const { take, hold, clock } = setup();
  await hold(["a"]);
  await hold(["a"]);
  const third = take(["a"]);
  await hold(["b"]);
  await clock.advance(10_000);
  expect(await third).toBeUndefined();
});

it("gives the next in line a slot as soon as one is released", async () => {
  const { take, hold, clock } = setup();
  const release = await hold(["a"], 1);
  const order: string[] = [];
  const second = take(["a"], 2);
  expect(await second).toBeDefined();
  const third = take(["a"], 2).then((given) => (order.push("third"), given));
  const fourth = take(["a"], 2).then((given) => (order.push("fourth"), given));
  release();
  (await third)?.();
  await fourth;
  expect(order).toEqual(["third", "fourth"]);
  expect(clock.pending).toBe(0);
});

it("needs a slot of every key, and holds none while it waits", async () => {
  const { take, hold } = setup();
  const releaseB = await hold(["b"], 1);
  const both = take(["a", "b"], 1);
  const releaseA = await hold(["a"], 1);
  releaseB();
  await hold(["b"], 2);
  releaseA();
  expect(await Promise.race([both, Promise.resolve("waiting")])).toBe("waiting");
});

it("releases a slot once, however often it is called", async () => {
  const { take, hold, clock } = setup();
  const release = await hold(["a"]);
  await hold(["a"]);
  release();
  release();
  await hold(["a"]);
  const third = take(["a"]);
  await clock.advance(10_000);
  expect(await third).toBeUndefined();
});

it("lets as many wait for a key as may hold it, and refuses the rest at once", async () => {
  const { take, hold, clock } = setup();
  await hold(["a"]);
  await hold(["a"]);
  const waiting = [take(["a"]), take(["a"])];
  expect(await take(["a"])).toBeUndefined();
  await clock.advance(10_000);
  expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
});

it("lets twelve wait in total", async () => {
  const { take, hold, clock } = setup();
  const keys = Array.from({ length: 13 }, (_, index) => `host ${index}`);
  for (const key of keys) await hold([key], 1);
  const waiting = keys.slice(0, 12).map((key) => take([key], 1));
  expect(await take(["host 12"], 1)).toBeUndefined();
  await hold(["another"], 1);
  await clock.advance(10_000);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set([undefined]));
});

it("ends the wait when the signal fires, and gives its place in line to others", async () => {
  const { take, hold, abort, clock } = setup();
  const release = await hold(["a"], 1);
  const waiting = take(["a"], 1);
  abort.abort();
  expect(await waiting).toBeUndefined();
  release();
  await hold(["a"], 1);
  expect(clock.pending).toBe(0);
});

it("loses no slot that is released just as the wait ends", async () => {
  const { take, hold, abort } = setup();
  const release = await hold(["a"], 1);
  const waiting = take(["a"], 1);
  abort.abort();
  release();
  expect(await waiting).toBeUndefined();
  await hold(["a"], 1);
});
