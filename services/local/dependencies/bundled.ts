import { hash } from "node:crypto";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";

const TOOLS = path.join(PROJECT_DIR, "tools");
const CACHE = path.join(PROJECT_DIR, "node_modules/.cache/dependencies");
/** What npm has installed (https://docs.npmjs.com/cli/configuring-npm/package-lock-json#hidden-lockfiles). */
const INSTALLED = path.join(PROJECT_DIR, "node_modules/.package-lock.json");

/** The option of Node that makes a program use the bundles. Without bundles, it has no effect. */
export const USE_BUNDLED = ["--import", new URL("use-bundled.ts", import.meta.url).href] as const;

/**
 * The folder of the bundles of what is installed. Another installation, version of Node or way to bundle has another
 * folder. Undefined if npm hasn't installed the packages.
 */
export function bundledFolder(): string | undefined {
  const installed = readIfExists(INSTALLED);
  if (installed === undefined) return undefined;
  const tools = ["bundle.ts", "dependencies", "google-clients"].flatMap((name) => sourcesIn(path.join(TOOLS, name)));
  const parts = [process.version, installed, ...tools.map((file) => fs.readFileSync(file, "utf8"))];
  return path.join(CACHE, hash("sha256", parts.join("\0")));
}

/**
 * Bundles what is installed, unless that has been done.
 *
 * @param print tells the person who waits.
 */
export async function bundleInstalled(print: (line: string) => void): Promise<void> {
  const folder = bundledFolder();
  if (folder === undefined || fs.existsSync(folder)) return;
  print("bundling npm's packages, which makes later starts faster");
  // A process of its own, since it loads all that it bundles.
  await promisify(execFile)(process.execPath, [path.join(TOOLS, "dependencies/main.ts"), folder]);
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
