import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ReservedNames } from "../../../src/cloud-tasks/state/reserved-names.ts";

const NAMES = ["a", "b", "c", "d"];
const PERIOD_MS = 20;

it("reserves each name for its time, counted from the last time it went, and keeps no more than that", () => {
  const stepArbitrary = fc.record({
    kind: fc.constantFrom("reserve", "reserve", "free"),
    name: fc.constantFrom(...NAMES),
    passesMs: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(stepArbitrary), (steps) => {
      const reserved = new ReservedNames(PERIOD_MS);
      const expected = new Map<string, number>();
      let nowMs = 0;
      for (const { kind, name, passesMs } of steps) {
        nowMs += passesMs;
        if (kind === "reserve") {
          reserved.reserve(name, nowMs);
          expected.delete(name);
          expected.set(name, nowMs);
        } else {
          reserved.free(name);
          expected.delete(name);
        }
        const isReserved = (goneMs: number | undefined) => goneMs !== undefined && nowMs < goneMs + PERIOD_MS;
        for (const each of NAMES) expect(reserved.isReserved(each, nowMs)).toBe(isReserved(expected.get(each)));
        reserved.forgetUntil(nowMs);
        expect([...reserved.entries()]).toEqual([...expected].filter(([, goneMs]) => isReserved(goneMs)));
      }
    }),
  );
});
