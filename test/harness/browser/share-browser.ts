import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { findChromium, launchChromium } from "./chromium.ts";

/** Whether there is a browser for tests. If there is none, they are skipped, and this says so once. */
export const hasBrowser = findChromium() !== undefined;
if (!hasBrowser) process.stderr.write("Pages are not tested in a browser: Chromium is not installed.\n");

const START_LIMIT_MS = 100_000;

/** How long a page may take for one thing. Longer than it does, since that says something of the machine. */
const STEP_LIMIT_MS = 100_000;

/** How a page is viewed. */
export type Look = Pick<
  BrowserContextOptions,
  "colorScheme" | "reducedMotion" | "javaScriptEnabled" | "viewport" | "permissions"
>;

/**
 * One browser for the tests of a file or group. Each test has its own windows, which share nothing.
 *
 * @returns a function that opens a window; `refused` are the statuses that the test expects the page's script to get.
 * At its end, the test fails if a page logged an error to the browser's console, threw one, or made any other request
 * that failed.
 */
export function shareBrowser(): (look?: Look, refused?: ReadonlySet<number>) => Promise<Page> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const installed = findChromium();
    if (installed !== undefined) browser = await launchChromium(installed);
  }, START_LIMIT_MS);
  afterAll(() => browser?.close());
  return async (look = {}, refused = new Set()) => {
    if (!browser) throw new Error("The browser has not been started.");
    const context = await browser.newContext(look);
    context.setDefaultTimeout(STEP_LIMIT_MS);
    const page = await context.newPage();
    const complaints = complaintsOf(page, refused);
    onTestFinished(async () => {
      // What the browser has still to report comes before its answer.
      await page.title();
      // Nobody waits for the end of a window: Chromium can lose a close that meets a navigation's commit, and then never
      // answers (https://github.com/microsoft/playwright/issues/42068). The end of the browser ends what is left.
      void context.close().catch(() => {});
      expect(complaints).toEqual([]);
    });
    return page;
  };
}

/** Chromium's messages for a page with an error status, as the console's have, and for a test that goes offline. */
const NO_FAULT = /^Failed to load resource: (?:the server responded with a status of|net::ERR_INTERNET_DISCONNECTED)/;

/** Collects the errors that the browser reports. */
function complaintsOf(page: Page, refused: ReadonlySet<number>): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !NO_FAULT.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("response", (response) => {
    const isPage = response.request().isNavigationRequest();
    if (!isPage && response.status() >= 400 && !refused.has(response.status()))
      complaints.push(`${response.status()} ${response.url()}`);
  });
  return complaints;
}
