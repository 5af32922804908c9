import { hash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const CACHE = path.join(PROJECT_DIR, "node_modules/.cache/console");

const OPTIONS = {
  loader: "tsx",
  jsx: "automatic",
  jsxImportSource: "hono/jsx",
  target: "node24",
  sourcemap: "inline",
} as const;

const require = createRequire(import.meta.url);

/**
 * JavaScript for a module with JSX. What esbuild makes of it is cached, since esbuild takes as long as the rest of the
 * console's start. The cache has one file for each module, with a hash of what it was made from.
 *
 * @throws Error with esbuild's messages.
 */
export function compiledPage(file: string, source: string): string {
  const { version }: { version: string } = require("esbuild/package.json");
  const mark = `// ${hash("sha256", JSON.stringify([version, OPTIONS, file, source]))}\n`;
  const cached = path.join(CACHE, `${path.relative(PROJECT_DIR, file).replaceAll(path.sep, "-")}.mjs`);
  const known = readIfExists(cached);
  if (known?.startsWith(mark)) return known;
  const { transformSync }: typeof import("esbuild") = require("esbuild");
  const { code } = transformSync(source, { ...OPTIONS, sourcefile: file, banner: mark.trimEnd() });
  write(cached, code);
  return code;
}

function readIfExists(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Consoles that start at once may write the same file, so it appears as a whole. A cache isn't worth a failed start. */
function write(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(unfinished, text);
    fs.renameSync(unfinished, file);
  } catch {
    fs.rmSync(unfinished, { force: true });
  }
}
