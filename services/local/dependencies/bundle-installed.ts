import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { PROJECT_DIR } from "../../../tools/project-dir.ts";
import { bundledFolder } from "./bundled.ts";

const BUNDLE = path.join(PROJECT_DIR, "tools/dependencies/main.ts");

/**
 * Bundles what is installed, unless that has been done. If it can't be done, programs load what npm has installed.
 *
 * @param print tells the person who waits.
 */
export async function bundleInstalled(print: (line: string) => void): Promise<void> {
  const folder = bundledFolder();
  if (folder === undefined || fs.existsSync(folder)) return;
  print("bundling npm's packages, which makes later starts faster");
  try {
    // A process of its own, since it loads all that it bundles.
    await promisify(execFile)(process.execPath, [BUNDLE, folder]);
  } catch (error) {
    print(
      `npm's packages could not be bundled, so starts take longer. ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
