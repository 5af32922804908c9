import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { KNOWN_DIFFERENCES } from "../../contract/firestore/differential/known-differences.ts";
import { GOOGLES_DIFFERENCES } from "../../contract/firestore/support/case.ts";

/** The rows of the document's tables, as their cells. */
function rows(): string[][] {
  const text = fs.readFileSync(path.resolve(import.meta.dirname, "../../../README.md"), "utf8");
  const section = text.slice(text.indexOf("### Where Google's emulator differs"));
  return [...section.matchAll(/^\|(.*)\|$/gm)]
    .map(([, cells = ""]) => cells.split(" | ").map((cell) => cell.trim()))
    .filter(([first = ""]) => !/^-+$/.test(first));
}

test("every known difference from Google's emulator is documented, and nothing else", () => {
  const headers = [
    ["ours, as documented", "Google's emulator 1.19"],
    ["Google's emulator", "why ours stays as it is"],
  ];
  expect(rows()).toEqual([
    headers[0],
    ...GOOGLES_DIFFERENCES,
    headers[1],
    ...KNOWN_DIFFERENCES.map(({ name, reason }) => [name, reason]),
  ]);
});
