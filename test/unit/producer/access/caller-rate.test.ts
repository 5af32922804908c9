import { expect, it } from "vitest";
import { VirtualClock } from "handoff-emulators/clock";
import { createCallerRate } from "../../../../services/producer/access/caller-rate.ts";

it("accepts two seconds' requests at once, then one per interval", async () => {
  const clock = new VirtualClock();
  const rate = createCallerRate({ perSecond: 10, clock });
  const takeAll = (): number => {
    let taken = 0;
    while (rate.take("a@b.cc") === undefined) taken++;
    return taken;
  };

  expect(takeAll()).toBe(20);
  expect(rate.take("a@b.cc")).toBe(100);
  expect(rate.take("else@b.cc")).toBeUndefined();
  await clock.advance(99);
  expect(rate.take("a@b.cc")).toBe(1);
  await clock.advance(1);
  expect(takeAll()).toBe(1);
  await clock.advance(60_000);
  expect(takeAll()).toBe(20);
});

it("accepts many requests if there is room for one, and charges the rest to the following time", async () => {
  const clock = new VirtualClock();
  const rate = createCallerRate({ perSecond: 10, clock });
  expect(rate.take("a", 0)).toBeUndefined();
  expect(rate.take("a", 100)).toBeUndefined();
  expect(rate.take("a")).toBe(8_100);
  expect(rate.take("a", 100)).toBe(8_100);
  expect(rate.take("b")).toBeUndefined();
  await clock.advance(8_100);
  expect(rate.take("a", 2)).toBeUndefined();
  expect(rate.take("a")).toBe(200);
});

it("isn't affected when the wall clock is set", async () => {
  const clock = new VirtualClock();
  let wallMs = 0;
  const rate = createCallerRate({ perSecond: 1, clock: { ...clockOf(clock), now: () => wallMs } });
  expect([rate.take("a"), rate.take("a"), rate.take("a")]).toEqual([undefined, undefined, 1_000]);
  wallMs = 1e12;
  expect(rate.take("a")).toBe(1_000);
});

function clockOf(clock: VirtualClock) {
  return { monotonic: () => clock.monotonic(), setTimer: (ms: number, fire: () => void) => clock.setTimer(ms, fire) };
}
