import { describeDistance } from "../parts/distance.ts";

/** How often relative times are updated, in milliseconds. */
const TELL_AGAIN_MS = 1_000;

/** A difference of clocks below this, in milliseconds, is ignored: the page took as long to arrive. */
const SAME_MS = 2_000;

/** How far this browser's clock is behind the console's, in milliseconds. */
let behindMs = 0;

/** Keeps the relative times on the page up to date. */
export function keepRelativeTimesCurrent(): void {
  behindMs = measureClock();
  setInterval(() => updateRelativeTimes(document), TELL_AGAIN_MS);
}

/** Updates the relative times in a part of the page. */
export function updateRelativeTimes(root: ParentNode): void {
  const nowMs = Date.now() + behindMs;
  for (const time of root.querySelectorAll<HTMLTimeElement>("time:not([data-exact])")) {
    const atMs = Date.parse(time.dateTime);
    const text = describeDistance(atMs - nowMs);
    if (!Number.isNaN(atMs) && time.textContent !== text) time.textContent = text;
  }
}

/**
 * When the page was sent (https://developer.mozilla.org/docs/Web/API/PerformanceServerTiming). Cached ones are older.
 */
function measureClock(): number {
  const [page] = performance.getEntriesByType("navigation");
  if (!(page instanceof PerformanceNavigationTiming) || page.transferSize === 0) return 0;
  const sent = page.serverTiming.find(({ name }) => name === "now");
  if (!sent) return 0;
  const cameMs = Date.now() - (performance.now() - page.responseStart);
  const difference = sent.duration - cameMs;
  return Math.abs(difference) < SAME_MS ? 0 : difference;
}
