import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { USAGE } from "../../src/cli/settings.ts";
import { KNOWN_DIFFERENCES } from "../contract/firestore/differential/known-differences.ts";
import { GOOGLES_DIFFERENCES } from "../contract/firestore/support/case.ts";

const README = read("../../README.md");

function read(file: string): string {
  return fs.readFileSync(path.resolve(import.meta.dirname, file), "utf8");
}

/** The rows of all tables in a text, as their cells. */
function rowsIn(text: string): string[][] {
  return [...text.matchAll(/^\|(.*)\|$/gm)]
    .map(([, cells = ""]) => cells.split(" | ").map((cell) => cell.trim()))
    .filter(([first = ""]) => !/^-+$/.test(first));
}

test("the example is the one that is tested", () => {
  const tested = read("example.test.ts").replaceAll(/^ *\/\/ oxlint-.*\n/gm, "");
  expect(tested.length).toBeGreaterThan(500);
  expect(README).toContain(`\`\`\`ts\n${tested}\`\`\`\n`);
});

test("every known difference from Google's emulator is documented, and nothing else", () => {
  const headers = [
    ["ours, as documented", "Google's emulator 1.19"],
    ["Google's emulator", "why ours stays as it is"],
  ];
  expect(rowsIn(README.slice(README.indexOf("### Where Google's emulator differs")))).toEqual([
    headers[0],
    ...GOOGLES_DIFFERENCES,
    headers[1],
    ...KNOWN_DIFFERENCES.map(({ name, reason }) => [name, reason]),
  ]);
});

test("every option it names exists", () => {
  const named = new Set(README.match(/(?<=`)--[a-z-]+/g));
  expect(named.size).toBeGreaterThan(3);
  expect([...named].filter((option) => !USAGE.includes(`  ${option} `))).toEqual([]);
});
