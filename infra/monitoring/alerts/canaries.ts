import type { Schedules } from "../../../shared/contract/registry.ts";
import type { Timing } from "../../../shared/schedules/timing.ts";
import type { Canary } from "./alerts.ts";

/** The prefix of the types of tasks that do nothing. */
const CANARIES = "canary.";

/** Where to start measuring the gaps between a schedule's times. Fixed, so that the result never changes. */
const FROM_MS = Date.UTC(2027, 0, 4);
const TIMES = 500;

/** With longer gaps, nobody would wait for two of them. */
const MAX_SECONDS = 12 * 3_600;

/** The canaries that run often enough for their absence to be noticed. */
export function canariesOf(schedules: Schedules, off: readonly string[]): readonly Canary[] {
  return [...schedules.values()]
    .filter(({ name, task }) => task.type.startsWith(CANARIES) && !off.includes(name))
    .map(({ name, task, timing }) => ({ schedule: name, type: task.type, everyS: longestGapMs(timing) / 1_000 }))
    .filter(({ everyS }) => everyS <= MAX_SECONDS);
}

/** Infinite if there is no next time. */
function longestGapMs(timing: Timing): number {
  let longestMs = 0;
  let atMs = timing.next(FROM_MS);
  for (let times = 0; times < TIMES && atMs !== undefined; times++) {
    const nextMs = timing.next(atMs);
    longestMs = Math.max(longestMs, (nextMs ?? Number.POSITIVE_INFINITY) - atMs);
    atMs = nextMs;
  }
  return atMs === undefined ? Number.POSITIVE_INFINITY : longestMs;
}
