import fs from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { atPorts, examplesIn, pathsIn } from "../../clients/examples.ts";
import type { Outcomes } from "../../clients/outcomes.ts";
import { failuresOf, report } from "../../clients/part.ts";
import { TOOLCHAINS } from "../../clients/toolchains.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const PAGE = fs.readFileSync(path.join(PROJECT_DIR, "packages/emulators/docs/clients.md"), "utf8");

const ours: Outcomes = new Map([
  ["both", "passed"],
  ["ours alone", "passed"],
  ["theirs alone", "failed"],
  ["theirs, skipped by ours", "skipped"],
  ["neither", "failed"],
]);
const googles: Outcomes = new Map([
  ["both", "passed"],
  ["ours alone", "failed"],
  ["theirs alone", "passed"],
  ["theirs, skipped by ours", "passed"],
  ["never run by ours", "passed"],
  ["neither", "failed"],
]);

it("fails for tests that pass on Google's emulator only", () => {
  expect(failuresOf({ kind: "ran", ours, googles })).toEqual([
    "theirs alone",
    "theirs, skipped by ours",
    "never run by ours",
  ]);
});

it("fails for whatever fails without Google's emulator beside it", () => {
  expect(failuresOf({ kind: "ran", ours })).toEqual(["theirs alone", "neither"]);
});

it("reports counts side by side, and the missing tests", () => {
  expect(report("part", { kind: "ran", ours, googles })).toEqual([
    "part: 2 passed, 2 failed, 1 skipped; on Google's emulator 4 passed, 2 failed, 0 skipped",
    "part: 1 pass only on ours, 3 only on Google's",
    "  only on Google's: theirs alone",
    "  only on Google's: theirs, skipped by ours",
    "  only on Google's: never run by ours",
  ]);
  expect(report("part", { kind: "skipped", why: "go is not installed" })).toEqual([
    "part: skipped, since go is not installed",
  ]);
});

it("finds the examples of the page, and knows how to run each", () => {
  const examples = examplesIn(PAGE);
  expect(examples.length).toBe([...PAGE.matchAll(/^```\w/gm)].length);
  const languages = new Set(examples.map(({ language }) => language));
  expect([...languages].toSorted()).toEqual([...TOOLCHAINS.keys()].toSorted());
});

it("gives each example its own path at the target, and the current port", () => {
  const paths = examplesIn(PAGE).flatMap(({ code }) => pathsIn(code));
  expect(paths.length).toBeGreaterThan(8);
  expect(new Set(paths).size).toBe(paths.length);
  const code = 'call("127.0.0.1:8123", 18123, "http://127.0.0.1:8080/from-x")';
  expect(atPorts(code, { 8123: 1, 8090: 2, 8080: 3 })).toBe('call("127.0.0.1:1", 18123, "http://127.0.0.1:3/from-x")');
});
