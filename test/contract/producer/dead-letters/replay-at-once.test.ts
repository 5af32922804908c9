import { expect, test } from "vitest";
import { createClient } from "handoff-client";
import type { ReplayPage } from "../../../../packages/client/src/views/dead-letter.ts";
import { bearerOf, setUpCallers } from "../../../harness/auth/callers.ts";
import { replayIdOf, writeLetters } from "../../../harness/producer/letters.ts";
import { idsOfMany, manyLetters, ordersIn } from "../../../harness/producer/many-letters.ts";
import { type ProducerHarness, setUpProducer } from "../../../harness/producer/producer-harness.ts";

/** How many letters of a page are replayed at once. */
const CONCURRENCY = 5;

/** What two clients get that replay by the same filter at once, over sockets, and each letter that was said to be replayed. */
async function replayTwiceAtOnce(producer: ProducerHarness, people: readonly [object, object]) {
  const pagesOf = async (options: object) => {
    const client = createClient({ url: producer.url, retry: { tries: 1 }, ...options });
    const pages: ReplayPage[] = [];
    for await (const page of client.deadLetters.replayAll({ filter: { code: "HTTP_500" }, limit: 10 }))
      pages.push(page);
    return pages;
  };
  // The first commits of both come together: two for each letter.
  const together = Promise.withResolvers<void>();
  let arrived = 0;
  void producer.recordsProxy.inject({
    rpc: "Commit",
    when: "before-effect",
    answer: "its-own",
    times: 2 * CONCURRENCY,
    onArrival: async () => {
      if (++arrived === 2 * CONCURRENCY) together.resolve();
      await together.promise;
    },
  });
  const pages = (await Promise.all(people.map(pagesOf))).flat();
  const total = (name: "replayed" | "failed"): number => pages.reduce((sum, page) => sum + page[name], 0);
  const items = pages.flatMap((page) => page.items);
  const replayed = items.filter(({ outcome }) => outcome === "replayed").map(({ id }) => id);
  return { replayed, total: { replayed: total("replayed"), failed: total("failed") }, items };
}

test("two clients of one person that replay by the same filter at once replay each letter once, and count it once", async () => {
  const producer = await setUpProducer();
  await writeLetters(producer, manyLetters(40));

  const { replayed, total, items } = await replayTwiceAtOnce(producer, [{}, {}]);

  expect(total).toEqual({ replayed: 40, failed: 0 });
  expect(replayed.toSorted()).toEqual(idsOfMany(40).toReversed());
  expect(items.every(({ id, replayedAs }) => replayedAs === replayIdOf(1, { letter: id }))).toBe(true);
  expect(await ordersIn(producer)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  expect(producer.calls("CreateTask")).toBe(40);
});

test("two people who replay by the same filter at once replay each letter once, and count it once", async () => {
  const operators = ["day@example.com", "night@example.com"] as const;
  const { access } = await setUpCallers({
    ACCESS: JSON.stringify({ accounts: {}, operators, viewers: [], callerTypes: {} }),
  });
  const producer = await setUpProducer({ access });
  await writeLetters(producer, manyLetters(40));
  const as = (email: string) => ({ auth: () => bearerOf(email).slice("Bearer ".length) });

  const { replayed, total } = await replayTwiceAtOnce(producer, [as(operators[0]), as(operators[1])]);

  expect(total).toEqual({ replayed: 40, failed: 0 });
  expect(replayed.toSorted()).toEqual(idsOfMany(40).toReversed());
  expect(await ordersIn(producer)).toEqual(Array.from({ length: 40 }, (_, n) => n));
});
