import fs from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { PROJECT_DIR } from "../project-dir.ts";

const SOURCES = "services/console/browser";

/** What runs them: browsers of the last years. */
const TARGET = ["es2022", "chrome111", "firefox128", "safari16.4"];

/**
 * Builds what the console's pages load, into a folder: `console.js`, `console.css` and `icon.svg`.
 *
 * @throws Error with esbuild's messages.
 */
export async function buildConsoleAssets(into: string): Promise<void> {
  await build({
    absWorkingDir: PROJECT_DIR,
    entryPoints: { console: `${SOURCES}/main.ts`, "console-style": `${SOURCES}/console.css` },
    outdir: into,
    bundle: true,
    minify: true,
    format: "esm",
    target: TARGET,
    logLevel: "silent",
  });
  await fs.rename(path.join(into, "console-style.css"), path.join(into, "console.css"));
  await fs.copyFile(path.join(PROJECT_DIR, SOURCES, "icon.svg"), path.join(into, "icon.svg"));
}
