import { expect, it } from "vitest";
import { epochSecondsText, millisFromWire, millisToWire } from "../../../src/cloud-tasks/wire/wire-time.ts";

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
  [4_102_444_799_999.999, { seconds: 4_102_444_799, nanos: 999_999_000 }],
])("writes %d ms as %j", (millis, wire) => {
  expect(millisToWire(millis)).toEqual(wire);
});

it.each([
  [1_767_225_600_000, "1767225600.000000"],
  [1_767_225_600_123.456, "1767225600.123456"],
  [1_767_225_600_000.001, "1767225600.000001"],
])("writes %d as %s in a header", (millis, text) => {
  expect(epochSecondsText(millis)).toBe(text);
});
