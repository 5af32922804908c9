import { describeDistance } from "../parts/distance.ts";

/** How often distances are told anew, in milliseconds. */
const TELL_AGAIN_MS = 1_000;

/** Keeps times that are told as distances true. */
export function keepTimesTrue(): void {
  setInterval(() => tellTimes(document), TELL_AGAIN_MS);
}

/** Tells the times in a part of the page as their distances from now. */
export function tellTimes(root: ParentNode): void {
  const nowMs = Date.now();
  for (const time of root.querySelectorAll<HTMLTimeElement>("time:not([data-exact])")) {
    const atMs = Date.parse(time.dateTime);
    const text = describeDistance(atMs - nowMs);
    if (!Number.isNaN(atMs) && time.textContent !== text) time.textContent = text;
  }
}
