import type { Queue } from "../../../../packages/client/src/views/queue.ts";

/** Rates are floating-point numbers: a smaller difference is none. */
const SAME_RATE = 0.99;

/**
 * Why a queue delivers fewer tasks a second than it is configured to; undefined if it doesn't. On 429, on 503 and
 * when many attempts fail, Cloud Tasks slows a whole queue
 * (https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#httprequest).
 */
export function rateSentence(queue: Pick<Queue, "state" | "effectiveRate" | "configuredRate">): string | undefined {
  if (!isSlowed(queue)) return undefined;
  return (
    "Cloud Tasks has slowed it down: the worker has responded with 429 or 503, or many deliveries have failed. It speeds " +
    "up again once they succeed. Its tasks' last errors show what is wrong."
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
