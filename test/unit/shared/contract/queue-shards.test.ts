import { expect, it } from "vitest";
import { defineRegistry } from "../../../../shared/contract/registry.ts";
import { acceptsDeliveryFrom, queuesOf, shardKeys, shareOf } from "../../../../shared/contract/queue-shards.ts";
import type { Shards } from "../../../../shared/contract/queues.ts";
import { isTaskId, randomTaskId } from "../../../../shared/contract/task-id.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const { bulk } = TEST_QUEUES;
const NAMES = ["zero", "one", "two", "three", "earlier"] as const;

const idOf = (digits: string) => {
  const id = `${digits}${"f".repeat(32 - digits.length)}-bulk`;
  if (!isTaskId(id)) throw new TypeError(id);
  return id;
};
const deployed = (shards?: Shards) => ({ settings: { ...bulk, ...(shards ? { shards } : {}) }, names: NAMES });

it.each([
  ["without shards: the first", undefined, "00000007", ["zero"]],
  ["by the first eight digits", { now: 4 }, "00000007", ["three"]],
  ["by nothing after them", { now: 4 }, "000000061", ["two"]],
  ["for all of the digits' values", { now: 4 }, "ffffffff", ["three"]],
  ["in one queue where both numbers choose it", { now: 4, before: 2 }, "00000004", ["zero"]],
  ["first in the current one during a change", { now: 4, before: 2 }, "00000007", ["three", "one"]],
  ["in the old queue after the first change", { now: 4, before: 1 }, "00000007", ["three", "zero"]],
  ["in one that is going to be deleted", { now: 2, before: 4 }, "00000007", ["one", "three"]],
])("a task is %s", (_, shards, digits, expected) => {
  expect(queuesOf(idOf(digits), deployed(shards))).toEqual(expected);
});

it.each([
  ["its current shard", "three", true],
  ["its earlier shard", "one", true],
  ["a name that stood for the whole queue earlier", "earlier", true],
  ["another shard", "zero", false],
  ["another shard that is new", "two", false],
  ["another queue", "elsewhere", false],
])("whether a task may come from %s", (_, name, expected) => {
  expect(acceptsDeliveryFrom(name, idOf("00000007"), deployed({ now: 4, before: 2 }))).toBe(expected);
});

it("random ids are evenly distributed", () => {
  const counts = new Map<string, number>();
  for (let n = 0; n < 8_000; n++) {
    const [name] = queuesOf(randomTaskId({ queue: "bulk", idempotency: "claim" }), deployed({ now: 4 }));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  // Six standard deviations of a fair draw.
  for (const name of NAMES.slice(0, 4)) expect(Math.abs((counts.get(name) ?? 0) - 2_000)).toBeLessThan(233);
});

it.each([
  [{ now: 4 }, [25, 25, 25, 25], [6, 5, 5, 5]],
  [{ now: 2, before: 4 }, [25, 25, 25, 25], [6, 5, 5, 5]],
  [{ now: 2, before: 1 }, [50, 50], [11, 10]],
])("shards share their queue's limits: %j", (shards, rates, atOnce) => {
  const queue = { ...bulk, maxDispatchesPerSecond: 100, maxConcurrentDispatches: 21, shards };
  const shares = shardKeys("bulk", queue).map((_, shard) => shareOf(queue, shard));
  expect(shares.map((share) => share.maxDispatchesPerSecond)).toEqual(rates);
  expect(shares.map((share) => share.maxConcurrentDispatches)).toEqual(atOnce);
});

it.each([
  [{ now: 0 }, "Queue bulk: shards.now and shards.before must be whole numbers from 1 to 16."],
  [{ now: 17 }, "Queue bulk: shards.now and shards.before must be whole numbers from 1 to 16."],
  [{ now: 2, before: 1.5 }, "Queue bulk: shards.now and shards.before must be whole numbers from 1 to 16."],
  [{ now: 2, before: 2 }, "Queue bulk: shards.before must differ from shards.now, or be left out."],
  [{ now: 3 }, "Queue bulk-2: a shard of queue bulk has this name. Give the queue another key."],
])("a registry refuses shards that make no sense: %j", (shards, sentence) => {
  const queues = { bulk: { ...bulk, shards }, "bulk-2": bulk };
  expect(() => defineRegistry({ queues, taskTypes: [] })).toThrow(new TypeError(sentence));
});
