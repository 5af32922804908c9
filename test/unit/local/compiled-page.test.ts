import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { compiledPage } from "../../../services/local/console/compiled-page.ts";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { temporaryFolder } from "../../harness/runtime/temporary-folder.ts";

const FILE = path.join(PROJECT_DIR, "services/console/page.tsx");
const saying = (text: string): string => `export const page = () => <p>${text}</p>;`;

test("a page is compiled once, and again when it has changed", () => {
  const cache = temporaryFolder();
  const compile = (source: string): string => compiledPage({ file: FILE, source, cache });

  const first = compile(saying("first"));
  const [cached = ""] = fs.readdirSync(cache).map((name) => path.join(cache, name));
  expect(first).toContain('"first"');
  expect(first).not.toContain("<p>");
  expect(fs.readFileSync(cached, "utf8")).toBe(first);

  // What is cached is used as it is.
  fs.appendFileSync(cached, "// cached\n");
  expect(compile(saying("first"))).toBe(`${first}// cached\n`);

  expect(compile(saying("second"))).toContain('"second"');
  expect(compile(saying("first"))).toBe(first);
  expect(fs.readdirSync(cache)).toHaveLength(1);
});

test("a page is compiled where nothing can be cached, and where the cache is damaged", () => {
  const cache = temporaryFolder();
  const file = path.join(cache, "a file");
  fs.writeFileSync(file, "");
  expect(compiledPage({ file: FILE, source: saying("here"), cache: file })).toContain('"here"');

  compiledPage({ file: FILE, source: saying("here"), cache });
  for (const name of fs.readdirSync(cache)) fs.writeFileSync(path.join(cache, name), "damaged");
  expect(compiledPage({ file: FILE, source: saying("here"), cache })).toContain('"here"');
});
