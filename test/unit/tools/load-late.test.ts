import { expect, test } from "vitest";
import { loadLate } from "../../../tools/google-clients/load-late.ts";

/** Runs a CommonJS module with modules that it can require. Returns its exports, and what it has required, in order. */
function run(source: string, modules: Readonly<Record<string, object>>) {
  const required: string[] = [];
  const exports: Record<string, () => unknown> = {};
  const require = (name: string): unknown => {
    required.push(name);
    return modules[name];
  };
  // oxlint-disable-next-line typescript/no-implied-eval -- the code under test rewrites code
  new Function("require", "exports", source)(require, exports);
  return { exports, required };
}

class Thing {
  readonly kind = "thing";
}

test("an import is loaded at its first use, and once", () => {
  const source = `
const things_1 = require("./things");
exports.make = () => new things_1.Thing();
exports.kind = () => (0, things_1.kindOf)(new things_1.Thing());`.trim();
  const kindOf = (thing: Thing): string => thing.kind;
  const { exports, required } = run(loadLate(source), { "./things": { Thing, kindOf } });

  expect(required).toEqual([]);
  expect(exports["make"]?.()).toBeInstanceOf(Thing);
  expect(exports["kind"]?.()).toBe("thing");
  expect(required).toEqual(["./things"]);
});

test("an import that is used as a whole, or as a base class, is loaded at once", () => {
  const source = `
const whole_1 = require("./whole");
const base_1 = require("./base");
const other_1 = require("./other");
exports.whole = () => whole_1;
class Derived extends base_1.Thing {}
exports.make = () => new Derived(other_1.nothing);`.trim();
  const whole = {};
  const { exports, required } = run(loadLate(source), { "./whole": whole, "./base": { Thing }, "./other": {} });

  expect(required).toEqual(["./whole", "./base"]);
  expect(exports["whole"]?.()).toBe(whole);
  expect(exports["make"]?.()).toBeInstanceOf(Thing);
});
