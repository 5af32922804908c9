import fs from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { explainFailure } from "../../shared/runtime/program.ts";
import { ConfigError } from "../../shared/runtime/config-error.ts";
import { registry } from "../../shared/tasks/index.ts";
import { findChromium, launchChromium } from "../harness/browser/chromium.ts";
import { populateStack, pagesOf } from "../harness/browser/populated-stack.ts";
import { startLocalStack } from "../smoke/local-stack.ts";

const USAGE = `npm run screenshots -- [--into FOLDER] [--only NAME]

Starts the stack, uses it for a while, and makes a picture of each page of the console: light and dark, wide and narrow.
--into   where the pictures go. Default: screenshots
--only   the pages whose names contain this
`;

const LOOKS = ["light", "dark"] as const;
const WIDTHS = { wide: 1_440, narrow: 360 } as const;

async function takeScreenshots({ into, only }: { readonly into: string; readonly only: string }): Promise<void> {
  const installed = findChromium();
  if (installed === undefined) throw new ConfigError("Chromium is not installed, or not in PATH.");
  await fs.mkdir(into, { recursive: true });
  const stack = await startLocalStack(registry);
  const browser = await launchChromium(installed);
  try {
    const livedIn = await populateStack(stack.url);
    const pages = pagesOf(livedIn, registry).filter(([name]) => name.includes(only));
    for (const [name, page] of pages) {
      for (const colorScheme of LOOKS) {
        for (const [size, width] of Object.entries(WIDTHS)) {
          const window = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
          await window.goto(`${stack.consoleUrl}${page}`);
          await window.screenshot({ path: path.join(into, `${name}-${colorScheme}-${size}.png`), fullPage: true });
          await window.close();
        }
      }
      process.stdout.write(`${name}\n`);
    }
    await livedIn.close();
  } finally {
    await browser.close();
    await stack.stop();
  }
}

try {
  const { values } = parseArgs({
    options: { help: { type: "boolean" }, into: { type: "string" }, only: { type: "string" } },
  });
  if (values.help) process.stdout.write(USAGE);
  else await takeScreenshots({ into: values.into ?? "screenshots", only: values.only ?? "" });
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`);
  process.exitCode = 1;
}
