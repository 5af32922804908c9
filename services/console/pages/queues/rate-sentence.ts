import type { Queue } from "../../../../packages/client/src/views/queue.ts";

/** Rates are floating-point numbers: a smaller difference is none. */
const SAME_RATE = 0.99;

/**
 * Why a queue delivers fewer tasks a second than it is configured to; undefined if it doesn't. After many responses with 429,
 * 503 or other errors Cloud Tasks slows a whole queue, and speeds it up again as they succeed
 * (https://docs.cloud.google.com/tasks/docs/common-pitfalls).
 */
export function rateSentence(queue: Pick<Queue, "state" | "effectiveRate" | "configuredRate">): string | undefined {
  if (!isSlowed(queue)) return undefined;
  return (
    "Cloud Tasks has slowed it down: the worker has responded to many deliveries with 429, 503 or another error. It " +
    "speeds up again by itself once they succeed. The last errors of its tasks say what is wrong."
  );
}

/** Whether Cloud Tasks delivers fewer tasks a second than configured. A rate of 0 is one that it doesn't tell. */
export function isSlowed({
  state,
  effectiveRate,
  configuredRate,
}: Pick<Queue, "state" | "effectiveRate" | "configuredRate">): boolean {
  return state === "running" && effectiveRate > 0 && effectiveRate < configuredRate.maxDispatchesPerSecond * SAME_RATE;
}
