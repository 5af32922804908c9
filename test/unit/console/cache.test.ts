import { setImmediate } from "node:timers/promises";
import v8 from "node:v8";
import vm from "node:vm";
import { expect, it } from "vitest";
import { createCache } from "../../../services/console/reading/cache.ts";
import { systemClock } from "../../../shared/runtime/clock.ts";

const KEPT_MS = 5_000;

function setup() {
  let nowMs = 0;
  const kept = createCache<object>(KEPT_MS, { ...systemClock, monotonic: () => nowMs });
  return { kept, pass: (ms: number) => void (nowMs += ms) };
}

it("reads once for all callers that arrive before the value, however long that takes, and keeps it from then on", async () => {
  const { kept, pass } = setup();
  const { promise, resolve } = Promise.withResolvers<object>();
  let reads = 0;
  const read = async () => {
    reads += 1;
    return await promise;
  };
  const first = kept.get("a", read);
  pass(60_000);
  const second = kept.get("a", read);
  const value = {};
  resolve(value);
  expect([await first, await second]).toEqual([value, value]);

  pass(KEPT_MS - 1);
  await kept.get("a", read);
  expect(reads).toBe(1);
  pass(1);
  await kept.get("a", read);
  expect(reads).toBe(2);
});

it("keeps no failures", async () => {
  const { kept } = setup();
  await expect(kept.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await kept.get("a", async () => ({ is: "there" }))).toEqual({ is: "there" });
});

it("keeps no expired values in memory", async () => {
  const { kept, pass } = setup();
  const read = async (): Promise<WeakRef<object>> => {
    const value = { payload: "large" };
    await kept.get("a", async () => value);
    return new WeakRef(value);
  };
  const held = await read();
  pass(KEPT_MS);
  await kept.get("b", async () => ({}));
  await setImmediate();
  v8.setFlagsFromString("--expose-gc");
  vm.runInNewContext("gc")();
  expect(held.deref()).toBeUndefined();
});
