import { hash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const TOOLS = path.join(PROJECT_DIR, "tools");
const CACHE = path.join(PROJECT_DIR, "node_modules/.cache/dependencies");
/** What npm has installed (https://docs.npmjs.com/cli/configuring-npm/package-lock-json#hidden-lockfiles). */
const INSTALLED = path.join(PROJECT_DIR, "node_modules/.package-lock.json");

/** The option of Node that makes a program use the bundles. Without bundles, it has no effect. */
export const USE_BUNDLED = ["--import", new URL("use-bundled.ts", import.meta.url).href] as const;

/**
 * The folder with the bundles of what is installed. A new installation, another version of Node, or a change in how we
 * bundle gets a folder of its own. Undefined if npm hasn't installed the packages.
 */
export function bundledFolder(): string | undefined {
  const installed = readIfExists(INSTALLED);
  if (installed === undefined) return undefined;
  const tools = ["bundle.ts", "dependencies", "google-clients"].flatMap((name) => sourcesIn(path.join(TOOLS, name)));
  const parts = [process.version, installed, ...tools.map((file) => fs.readFileSync(file, "utf8"))];
  return path.join(CACHE, hash("sha256", parts.join("\0")));
}

function readIfExists(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function sourcesIn(place: string): readonly string[] {
  if (!fs.statSync(place).isDirectory()) return [place];
  return fs.readdirSync(place).map((name) => path.join(place, name));
}
