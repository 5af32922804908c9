import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { CHECKOUT } from "./plant.ts";

/** About a dozen. */
const MAX_FILES = 14;

/** The user's folders: they hold as many files as there are task types. */
const YOURS = new Set(["shared/tasks", "services/worker/handlers", "test/contract/your-handlers"]);

/** Folders that hold too many sources, as `folder: number`. */
function crowded(files: readonly string[]): string[] {
  const folders = Map.groupBy(files, (file) => path.dirname(file));
  return [...folders]
    .filter(([folder, held]) => held.length > MAX_FILES && !YOURS.has(folder))
    .map(([folder, held]) => `${folder}: ${held.length}`);
}

test("no folder holds more than about a dozen sources", () => {
  const patterns = ["*.ts", "*.tsx"];
  const sources = execFileSync("git", ["ls-files", ...patterns], { cwd: CHECKOUT, encoding: "utf8" })
    .trim()
    .split("\n");
  expect(sources.length).toBeGreaterThan(500);
  expect(crowded(sources)).toEqual([]);
});

test("a folder that holds more is detected; subfolders and the user's folders don't count", () => {
  const many = (folder: string, count: number) => Array.from({ length: count }, (_, index) => `${folder}/${index}.ts`);
  const files = [
    ...many("services/worker", MAX_FILES + 1),
    ...many("services/producer", MAX_FILES),
    ...many("services/producer/tasks", MAX_FILES),
    ...many("shared/tasks", 100),
  ];
  expect(crowded(files)).toEqual(["services/worker: 15"]);
});
