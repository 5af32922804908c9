import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { registry } from "../../../shared/tasks/index.ts";
import { hasBrowser, shareBrowser } from "../../harness/browser/share-browser.ts";
import { type PopulatedStack, populateStack, pagesOf } from "../../harness/browser/populated-stack.ts";
import { shareStack } from "../support/stack-process.ts";

/** Each page is searched four times, for each rule. */
const SEARCH_LIMIT_MS = 900_000;

const WIDE = { width: 1_440, height: 900 };
const NARROW = { width: 360, height: 740 };

/** Each page is loaded once and looked at in each of these ways, which only its style sheet knows. */
const LOOKS = (["light", "dark"] as const).flatMap((colorScheme) =>
  [WIDE, NARROW].map((viewport) => ({ colorScheme, viewport })),
);

describe.runIf(hasBrowser)("the console's pages", () => {
  const sharedStack = shareStack();
  const open = shareBrowser();
  let livedIn: Promise<PopulatedStack> | undefined;

  /** Calls back with each page, by its name. */
  const visitAll = async (page: Page, look: (name: string) => Promise<void>): Promise<void> => {
    const { ports } = sharedStack();
    livedIn ??= populateStack(`http://127.0.0.1:${ports.producer}`);
    for (const [name, path] of pagesOf(await livedIn, registry)) {
      const response = await page.goto(`http://127.0.0.1:${ports.console}${path}`);
      expect([name, response?.status()]).toEqual([name, name.startsWith("no-such") ? 404 : 200]);
      await look(name);
    }
  };

  test("each fits and is accessible, light and dark, wide and narrow", { timeout: SEARCH_LIMIT_MS }, async () => {
    // Nothing moves, so that no colour is seen half way to another.
    const page = await open({ viewport: WIDE, reducedMotion: "reduce" });
    const found: Record<string, unknown> = {};
    await visitAll(page, async (name) => {
      // Not by a tag: the page's policy lets no script in.
      await page.evaluate(axe.source);
      for (const { colorScheme, viewport } of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        const problems = [...(await violationsIn(page)), ...(await overflowIn(page))];
        if (problems.length > 0) found[`${name}, ${colorScheme}, ${viewport.width} pixels wide`] = problems;
      }
    });
    expect(found).toEqual({});
  });

  test("without script each has one heading and no button that does nothing", async () => {
    const page = await open({ javaScriptEnabled: false });
    await visitAll(page, async (name) => {
      expect([name, await page.locator("h1").count()]).toEqual([name, 1]);
      expect([name, await page.locator("button[type=button]:visible").count()]).toEqual([name, 0]);
    });
  });

  afterAll(async () => await (await livedIn)?.close());
});

async function overflowIn(page: Page): Promise<string[]> {
  const [whole, shown] = await Promise.all([
    page.evaluate("document.documentElement.scrollWidth"),
    page.evaluate("document.documentElement.clientWidth"),
  ]);
  return Number(whole) > Number(shown) ? [`${String(whole)} of ${String(shown)} pixels wide`] : [];
}

/** What axe, which is loaded, finds wrong: the rules of WCAG up to AA, and its best practices. */
async function violationsIn(page: Page): Promise<string[]> {
  const json = await page.evaluate(
    `axe.run({ resultTypes: ["violations"], selectors: false })
      .then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => [id, nodes[0].html])))`,
  );
  const violations: readonly (readonly [string, string])[] = JSON.parse(String(json));
  return violations.map(([id, html]) => `${id}: ${html.slice(0, 200)}`);
}
