import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TokenBucket } from "../../../../src/cloud-tasks/dispatch/token-bucket.ts";

const takeAll = (bucket: TokenBucket, nowMs: number): number => {
  let taken = 0;
  while (bucket.take(nowMs) === 0) taken += 1;
  return taken;
};

test("starts full, and returns how long until the next token", () => {
  const bucket = new TokenBucket({ perSecond: 2, capacity: 3, nowMs: 0 });
  expect(takeAll(bucket, 0)).toBe(3);
  expect(bucket.take(0)).toBe(500);
  expect(bucket.take(100)).toBe(400);
  expect(bucket.take(500)).toBe(0);
  expect(bucket.take(500)).toBe(500);
});

test("fills up to its capacity and no further", () => {
  const bucket = new TokenBucket({ perSecond: 10, capacity: 3, nowMs: 0 });
  takeAll(bucket, 0);
  expect(takeAll(bucket, 3_600_000)).toBe(3);
});

test("gives a token every ten seconds at a tenth a second", () => {
  const bucket = new TokenBucket({ perSecond: 0.1, capacity: 10, nowMs: 0 });
  takeAll(bucket, 0);
  expect(bucket.take(0)).toBe(10_000);
  expect(bucket.take(9999)).toBeCloseTo(1);
  expect(bucket.take(10_000)).toBe(0);
});

test("loses tokens beyond a smaller capacity, then refills at the new rate", () => {
  const bucket = new TokenBucket({ perSecond: 100, capacity: 100, nowMs: 0 });
  bucket.resize({ perSecond: 1, capacity: 2, nowMs: 0 });
  expect(takeAll(bucket, 0)).toBe(2);
  expect(bucket.take(0)).toBe(1000);
});

test("neither stops nor gives more when the clock is set back", () => {
  const bucket = new TokenBucket({ perSecond: 1, capacity: 1, nowMs: 10_000 });
  expect(bucket.take(10_000)).toBe(0);
  expect(bucket.take(0)).toBe(1000);
  expect(bucket.take(1000)).toBe(0);
});

test("never gives more than its capacity and what time refills", () => {
  const steps = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 5000 }), tries: fc.integer({ min: 0, max: 30 }) }),
  );
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 500, noNaN: true }),
      fc.integer({ min: 1, max: 100 }),
      steps,
      (perSecond, capacity, moves) => {
        const bucket = new TokenBucket({ perSecond, capacity, nowMs: 0 });
        let nowMs = 0;
        let taken = 0;
        for (const { afterMs, tries } of moves) {
          nowMs += afterMs;
          for (let index = 0; index < tries; index++) if (bucket.take(nowMs) === 0) taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(capacity + (perSecond * nowMs) / 1000 + 1e-6);
      },
    ),
  );
});

test("has a token once the time it returned is over", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 500, noNaN: true }), (perSecond) => {
      const bucket = new TokenBucket({ perSecond, capacity: 1, nowMs: 0 });
      let nowMs = 0;
      expect(bucket.take(nowMs)).toBe(0);
      for (let index = 0; index < 50; index++) {
        nowMs += bucket.take(nowMs);
        expect(bucket.take(nowMs)).toBe(0);
      }
    }),
  );
});

test("waits for several tokens where that is asked for, and never beyond a full bucket or short of one token", () => {
  fc.assert(
    fc.property(
      fc.record({
        perSecond: fc.double({ min: 0.1, max: 500, noNaN: true }),
        capacity: fc.integer({ min: 1, max: 100 }),
      }),
      fc.double({ min: 0, max: 50, noNaN: true }),
      (limits, leastWaitMs) => {
        const bucket = new TokenBucket({ ...limits, nowMs: 0 });
        takeAll(bucket, 0);
        const untilOneMs = bucket.take(0);
        const waitMs = bucket.take(0, leastWaitMs);
        const untilFullMs = (limits.capacity / limits.perSecond) * 1000;
        expect(waitMs).toBeCloseTo(Math.max(untilOneMs, Math.min(leastWaitMs, untilFullMs)), 6);
        expect(takeAll(bucket, waitMs)).toBeGreaterThanOrEqual(1);
      },
    ),
  );
});
