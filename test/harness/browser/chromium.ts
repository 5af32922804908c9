import fs from "node:fs";
import path from "node:path";
import { type Browser, chromium } from "playwright-core";

/**
 * The names under which systems install Chromium and browsers based on it. First those without windows, which take about
 * a quarter of the processor time.
 */
const NAMES = [
  "chromium-headless-shell",
  "chrome-headless-shell",
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];

/** The path of Chromium; undefined if it isn't installed. */
export function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) => fs.existsSync(file));
}

/** Starts Chromium without a window. As root, for example in a container, it has no sandbox. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
