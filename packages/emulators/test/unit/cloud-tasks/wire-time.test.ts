import { expect, it } from "vitest";
import {
  durationFromWire,
  durationToWire,
  epochSecondsText,
  millisFromWire,
  millisToWire,
} from "../../../src/cloud-tasks/wire/wire-time.ts";

it.each([
  [{ seconds: 1, nanos: 500_000_000 }, 1500],
  [{ seconds: "1767225600", nanos: 123_456_789 }, 1_767_225_600_123.456],
  [{}, 0],
  [{ seconds: -1, nanos: -500_000_000 }, -1500],
])("reads %j as %d ms, to the microsecond", (wire, millis) => {
  expect(millisFromWire(wire)).toBe(millis);
});

it.each([
  [0, {}],
  [1500, { seconds: 1, nanos: 500_000_000 }],
  [1_767_225_600_123.456, { seconds: 1_767_225_600, nanos: 123_456_000 }],
  [253_402_300_799_999, { seconds: 253_402_300_799, nanos: 999_000_000 }],
  [1000.999_999_9, { seconds: 1, nanos: 1_000_000 }],
  [1999.999_999_9, { seconds: 2 }],
  [4_102_444_799_999.999, { seconds: 4_102_444_799, nanos: 999_999_000 }],
])("writes %d ms as %j", (millis, wire) => {
  expect(millisToWire(millis)).toEqual(wire);
});

it.each([
  [1_767_225_600_000, "1767225600"],
  [1_767_225_600_123.456, "1767225600.123456"],
  [1_767_225_600_120, "1767225600.12"],
  [1_767_225_600_100.5, "1767225600.1005"],
  [1_767_225_600_000.001, "1767225600.000001"],
])("writes %d as %s in a header", (millis, text) => {
  expect(epochSecondsText(millis)).toBe(text);
});

it.each([
  { nanos: 1 },
  { nanos: 999_999_999 },
  { seconds: 1, nanos: 234_567_891 },
  { seconds: 10, nanos: 987_654_321 },
  { seconds: 2_592_000, nanos: 1 },
  { seconds: 315_576_000_000 },
  { seconds: -1 },
  {},
])("keeps a duration of %j to the nanosecond", (duration) => {
  expect(durationToWire(durationFromWire(duration))).toEqual(duration);
});

it("carries nanoseconds that round up to a second", () => {
  expect(durationToWire(1999.999_999_9)).toEqual({ seconds: 2 });
});
