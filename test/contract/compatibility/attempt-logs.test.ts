import { expect, test } from "vitest";
import { isTooShallow } from "./previous-revision.ts";
import { sealWebhook, startWorkers } from "./workers.ts";

/** A claim in the default queue ends after this long. */
const LEASE_MS = 50_000;

test.skipIf(isTooShallow())(
  "the previous revision keeps the log of today's attempts, and an attempt that it lost is logged",
  async (context) => {
    const { deliver, deliverHeld, subscribe, recordOf, storeClock } = await startWorkers(context, [
      "previous",
      "today",
    ]);
    const subscriber = subscribe(503);
    const task = sealWebhook(subscriber.url);
    for (const [retryCount, revision] of (["today", "previous", "today"] as const).entries()) {
      await deliver(revision, task, { retryCount });
    }
    subscriber.reactWith("hold");
    const { underWay, answer } = await deliverHeld("previous", task, subscriber);
    await storeClock.advance(LEASE_MS);
    subscriber.reactWith(204);

    expect(await deliver("today", task, { retryCount: 4 })).toBe("200 done");
    answer(204);
    expect(await underWay).toBe("200 duplicate");

    expect(await recordOf(task)).toMatchObject({
      attempts: 5,
      attemptLog: [
        { attempt: 1, outcome: "retry" },
        { attempt: 3, outcome: "retry" },
        { attempt: 4, outcome: "lost", instance: null },
        { attempt: 5, outcome: "succeeded" },
      ],
    });
  },
);
