import { hash } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type * as esbuild from "esbuild";
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
 * console's start. The cache has one file for each module, which begins with a hash of what it was made from.
 *
 * @param page.cache the cache's folder; default: one beside npm's packages.
 * @throws Error with esbuild's messages.
 */
export function compiledPage({ file, source, cache = CACHE }: Page): string {
  const { version }: { version: string } = require("esbuild/package.json");
  const mark = `// ${hash("sha256", JSON.stringify([version, OPTIONS, file, source]))}\n`;
  const cached = path.join(cache, `${path.relative(PROJECT_DIR, file).replaceAll(path.sep, "-")}.mjs`);
  const known = readIfExists(cached);
  if (known?.startsWith(mark)) return known;
  const { transformSync }: typeof esbuild = require("esbuild");
  const { code } = transformSync(source, { ...OPTIONS, sourcefile: file, banner: mark.trimEnd() });
  write(cached, code);
  return code;
}

interface Page {
  readonly file: string;
  readonly source: string;
  readonly cache?: string;
}

function readIfExists(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Consoles that start at once may write the same file, so it appears as a whole. Without the file, a start only takes longer. */
function write(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(unfinished, text);
    fs.renameSync(unfinished, file);
  } catch {
    // It is compiled again by the next start.
  }
}
