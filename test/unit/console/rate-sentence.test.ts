import { expect, it } from "vitest";
import { rateSentence } from "../../../services/console/pages/queues/rate-sentence.ts";

const queue = (state: "running" | "paused", effectiveRate: number) => ({
  state,
  effectiveRate,
  configuredRate: { maxDispatchesPerSecond: 100, maxConcurrentDispatches: 10 },
});

it("says why a running queue is slower than configured", () => {
  expect(rateSentence(queue("running", 20))).toContain("429 or 503");
});

it.each([
  ["runs at its rate", queue("running", 100)],
  ["runs at almost its rate", queue("running", 99.9)],
  ["is paused", queue("paused", 20)],
  ["has a rate that Cloud Tasks doesn't tell", queue("running", 0)],
])("says nothing of a queue that %s", (_, given) => {
  expect(rateSentence(given)).toBeUndefined();
});
