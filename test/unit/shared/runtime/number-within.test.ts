import { assert, property, stringMatching } from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import { readConfig } from "../../../../shared/runtime/config.ts";
import { numberWithin } from "../../../../shared/runtime/variables/number-within.ts";

const schema = z.object({
  PAGES: numberWithin({ from: 0, to: 1_000 }).default(7),
  RATIO: numberWithin({ from: 0, to: 1, whole: false }).default(1),
});
const read = (environment: Readonly<Record<string, string>>) => readConfig(schema, environment);

it.each([
  ["0", 0],
  ["007", 7],
  ["1000", 1_000],
])("reads %s as a whole number", (text, value) => {
  expect(read({ PAGES: text }).PAGES).toBe(value);
});

it.each([
  ["0", 0],
  ["0.5", 0.5],
  ["1.000000", 1],
])("reads %s as a number with a fraction", (text, value) => {
  expect(read({ RATIO: text }).RATIO).toBe(value);
});

it.each([
  "0x10",
  "0b1",
  "1e3",
  " 10",
  "10 ",
  "\t10\n",
  "+10",
  "-1",
  "1_000",
  "1,000",
  "1.5",
  ".5",
  "10.",
  "1001",
  "ten",
])("refuses %j as a whole number and says what to write", (text) => {
  expect(() => read({ PAGES: text })).toThrow("PAGES: must be a whole number from 0 to 1000, in plain digits.");
});

it.each(["1e-1", "0x1", " 0.5", "0,5", ".5", "1.", "1.1", "0.0000001", "half"])(
  "refuses %j as a number with a fraction and says what to write",
  (text) => {
    expect(() => read({ RATIO: text })).toThrow("RATIO: must be a number from 0 to 1, in plain digits.");
  },
);

it("takes each text that it accepts again after String() has written the number", () => {
  const text = stringMatching(/^[01]\.\d{1,6}$/).filter((it) => Number(it) <= 1);
  assert(
    property(text, (RATIO) => {
      const value = read({ RATIO }).RATIO;
      expect(read({ RATIO: String(value) }).RATIO).toBe(value);
    }),
  );
});

it("uses the default of a variable that isn't set", () => {
  expect(read({ PAGES: "" })).toEqual({ PAGES: 7, RATIO: 1 });
});
