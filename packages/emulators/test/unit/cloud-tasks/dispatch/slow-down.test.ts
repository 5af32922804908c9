import { expect, it, test } from "vitest";
import { SlowDown } from "../../../../src/cloud-tasks/dispatch/slow-down.ts";

it.each([429, 503])("halves the rate on %s, and restores it within a minute", (status) => {
  const slowDown = new SlowDown();
  expect(slowDown.factor(0)).toBe(1);
  slowDown.note({ ok: false, status, nowMs: 1000 });
  expect(slowDown.factor(1000)).toBe(0.5);
  expect(slowDown.factor(16_000)).toBe(0.75);
  expect(slowDown.factor(61_000)).toBe(1);
});

test("halves once a second at most, and goes no lower than an eighth", () => {
  const slowDown = new SlowDown();
  for (let index = 0; index < 100; index++) slowDown.note({ ok: false, status: 503, nowMs: 1000 + index });
  expect(slowDown.factor(1099)).toBeCloseTo(0.5, 1);
  for (let second = 2; second < 20; second++) slowDown.note({ ok: false, status: 503, nowMs: second * 1000 });
  expect(slowDown.factor(19_000)).toBe(0.125);
});

it.each([400, 404, 409, 424, 500])("leaves the rate alone on a few responses of %s", (status) => {
  const slowDown = new SlowDown();
  for (let index = 0; index < 20; index++) slowDown.note({ ok: false, status, nowMs: index });
  expect(slowDown.factor(20)).toBe(1);
});

test("slows down when most of many attempts fail, with a response or without", () => {
  const slowDown = new SlowDown();
  for (let index = 0; index < 60; index++) slowDown.note({ ok: false, nowMs: 1000 });
  expect(slowDown.factor(1000)).toBe(0.5);
});

test("leaves the rate alone while most attempts succeed", () => {
  const slowDown = new SlowDown();
  for (let index = 0; index < 1000; index++) slowDown.note({ ok: index % 4 !== 0, status: 500, nowMs: index });
  expect(slowDown.factor(1000)).toBe(1);
});
