import { Timestamp } from "@google-cloud/firestore";
import { expect, it } from "vitest";
import { shardKeys } from "../../../shared/contract/queue-shards.ts";
import { setUpConsole } from "../../harness/console/console-harness.ts";
import { countQueryCost } from "../../harness/firestore/firestore-cost.ts";
import { letterOf, writeLetters } from "../../harness/producer/letters.ts";
import type { ProducerHarness } from "../../harness/producer/producer-harness.ts";
import { TEST_REGISTRY } from "../../harness/registry/test-registry.ts";

/** All calls that have reached Cloud Tasks and Firestore. */
function callsOf({ emulators }: ProducerHarness): number {
  const counts = [...emulators.cloudTasks.calls.values(), ...emulators.firestore.calls.values()];
  return counts.reduce((sum, count) => sum + count, 0);
}

const SHARDS = [...TEST_REGISTRY.queues].flatMap(([key, settings]) => shardKeys(key, settings)).length;

it("the overview costs a call per Cloud Tasks queue and at most three more; ten tabs cost the same as one", async () => {
  const { producer, get } = await setUpConsole();
  const before = callsOf(producer);
  await get("/");
  const first = callsOf(producer) - before;
  await Promise.all(Array.from({ length: 10 }, () => get("/")));
  const tenMore = callsOf(producer) - before - first;

  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(SHARDS + 3);
  expect(tenMore).toBe(0);
});

/** What the console shows on a page. */
const PAGE_LETTERS = 50;
const PAGES = 100;

it("page 100 of the dead letters costs the same as page 2, and page 1 only the summary more", async () => {
  const cost = countQueryCost();
  const { producer, get } = await setUpConsole({ producer: { cost } });
  const died = Date.UTC(2026, 4, 1);
  const letters = Array.from({ length: PAGES * PAGE_LETTERS }, (_, n) => {
    const id = `${n.toString(16).padStart(32, "0")}-default`;
    return [id, letterOf(id, { diedAt: Timestamp.fromMillis(died + n) })] as const;
  });
  await writeLetters(producer, letters);
  const costs: object[] = [];
  let path = "/dead-letters";
  for (let page = 1; page <= PAGES; page++) {
    const callsBefore = callsOf(producer);
    cost.costSince();
    const { status, links } = await get(path);
    const { documents } = cost.costSince();
    costs.push({ status, documents, calls: callsOf(producer) - callsBefore });
    path = links.findLast((link) => link.includes("cursor=")) ?? "";
  }

  expect(costs.at(1)).toMatchObject({ status: 200, calls: 1 });
  expect(costs.at(-1)).toEqual(costs.at(1));
});
