import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const read = (file: string): string => fs.readFileSync(path.join(ROOT, file), "utf8");

/** What a problem's code looks like where it is made. zod's own code isn't one. */
const MADE = /(?:\bcode: |\bconflict\(\s*)"([a-z]+(?:-[a-z]+)*)"/g;
const ZODS = "custom";

test("docs/api.md lists the code of each problem that the producer responds with, and no others", () => {
  const folders = ["services/producer", "shared/http"];
  const sources = folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => read(path.join(folder, file))),
  );
  const made = sources.flatMap((source) => [...source.matchAll(MADE)].map(([, code]) => code));
  const rows = read("docs/api.md")
    .split("\n")
    .filter((line) => /^\| \d{3} /.test(line))
    .map((line) => line.split("|")[2] ?? "");
  const listed = rows.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code));

  expect(listed).toHaveLength(new Set(listed).size);
  expect(new Set(listed)).toEqual(new Set(made.filter((code) => code !== ZODS)));
});
