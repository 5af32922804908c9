import fs from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

/** The names of Chromium, and of what is made from it, as systems install them. */
const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Where Chromium is installed; undefined where it isn't. */
export function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => fs.existsSync(file));
}

/** Starts Chromium without a window. It may be root's, as in a container, where it has no sandbox. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
