import { expect, test } from "vitest";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { BudgetError, PRODUCER_CONCURRENCY, refuseBrokenBudgets } from "../../../infra/settings/budgets.ts";
import type { QueueSettings } from "../../../shared/contract/queues.ts";
import { type Registry, defineRegistry } from "../../../shared/contract/registry.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { MAX_WAITS } from "../../../services/producer/tasks/status/waits.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";
import { FIXTURE } from "../support/fixture-registry.ts";

const settings = {
  producerMaxInstances: 8,
  workerMaxInstances: 10,
  workerConcurrency: 40,
  workerMemoryMib: 2_048,
  producerMemoryMib: 512,
  consoleMemoryMib: 512,
  producerCpus: "1",
  workerCpus: "1",
  consoleCpus: "1",
  console: "cloud-run",
  regionCpus: 20,
  regionMemoryGib: 40,
} as const;
const plan = { registry: FIXTURE, settings };

const bulkWith = (change: Partial<QueueSettings>): Registry =>
  defineRegistry({ queues: { ...TEST_QUEUES, bulk: { ...TEST_QUEUES.bulk, ...change } }, taskTypes: [] });

const slow = defineTask({ type: "slow", payload: anyJson, queue: "critical", timeoutMs: 25_000, attempts: 1 });

test("task types, queues and the default settings are consistent", () => {
  expect(() => refuseBrokenBudgets(plan)).not.toThrow();
});

test("requests that wait leave half of an instance's to the others", () => {
  expect(MAX_WAITS).toBe(PRODUCER_CONCURRENCY / 2);
});

test.each([
  [
    "a handler that outlasts its dispatch",
    { registry: defineRegistry({ queues: TEST_QUEUES, taskTypes: [slow] }) },
    "Task type slow: its timeout of 25000",
  ],
  [
    "queues that send more than the instances accept",
    { settings: { ...settings, workerMaxInstances: 5 } },
    "The queues send up to 220 deliveries at once, but the worker accepts only 200 (5 instances of 40)",
  ],
  [
    "more dispatches a second than there can be",
    { registry: bulkWith({ maxDispatchesPerSecond: 501 }) },
    "Queue bulk: Cloud Tasks dispatches at most 500 tasks a second from one queue. Give it shards: { now: 2 }, or more.",
  ],
  [
    "more dispatches a second than its shards can do",
    { registry: bulkWith({ maxDispatchesPerSecond: 1_501, shards: { now: 3 } }) },
    "Queue bulk: Cloud Tasks dispatches at most 500 tasks a second from one queue. Give it shards: { now: 4 }, or more.",
  ],
  [
    "more shards than there are dispatches at once",
    { registry: bulkWith({ maxConcurrentDispatches: 3, shards: { now: 2, before: 4 } }) },
    "Queue bulk: maxConcurrentDispatches must be at least one for each of its 4 shards.",
  ],
  [
    "more dispatches under way than there can be",
    {
      registry: bulkWith({ maxConcurrentDispatches: 5_001 }),
      settings: { ...settings, workerMaxInstances: 1_000 },
    },
    "Queue bulk: Cloud Tasks allows at most 5000 concurrent dispatches of one queue. Give it shards: { now: 2 }, or more.",
  ],
  [
    "more instances than a new project has vCPUs for",
    { settings: { ...settings, producerMaxInstances: 20, workerMaxInstances: 20 } },
    "20 instances of the producer, 20 of the worker and 2 of the console take 42 vCPUs, and the project may have 20 in its region: lower",
  ],
  [
    "more memory than a new project has",
    { settings: { ...settings, workerMemoryMib: 4_096 } },
    "8 instances of the producer, 10 of the worker and 2 of the console take 45 GiB, and the project may have 40 in its region: lower",
  ],
  [
    "a dispatch that outlasts the worker's request timeout",
    { registry: bulkWith({ dispatchDeadlineMs: 1_800_001 }) },
    "outlasts the worker's request timeout",
  ],
])("refuses %s", (_, change, sentence) => {
  expect(() => refuseBrokenBudgets({ ...plan, ...change })).toThrow(BudgetError);
  expect(() => refuseBrokenBudgets({ ...plan, ...change })).toThrow(sentence);
});

test("accepts as many instances as the project's quota is said to allow", () => {
  const most = { ...settings, producerMaxInstances: 20, workerMaxInstances: 20, regionCpus: 42, regionMemoryGib: 51 };
  const check = (change: object) => () => refuseBrokenBudgets({ ...plan, settings: { ...most, ...change } });
  expect(check({})).not.toThrow();
  expect(check({ regionCpus: 41 })).toThrow("42 vCPUs");
  expect(check({ regionMemoryGib: 50 })).toThrow("51 GiB");
});

test("the console's two instances count, unless there are none", () => {
  const most = { ...settings, regionCpus: 19, regionMemoryGib: 24 };
  const check = (change: object) => () => refuseBrokenBudgets({ ...plan, settings: { ...most, ...change } });
  expect(check({})).toThrow("10 of the worker and 2 of the console take 20 vCPUs");
  expect(check({})).toThrow("25 GiB");
  expect(check({ console: "off", regionCpus: 18 })).not.toThrow();
  expect(check({ console: "off", regionCpus: 17 })).toThrow(
    "8 instances of the producer and 10 of the worker take 18 v",
  );
});

test("an instance takes as many vCPUs as its setting says", () => {
  const check = (change: object) => () => refuseBrokenBudgets({ ...plan, settings: { ...settings, ...change } });
  expect(check({ workerCpus: "2" })).toThrow("30 vCPUs");
  expect(check({ producerCpus: "4" })).toThrow("44 vCPUs");
  expect(check({ consoleCpus: "8" })).toThrow("34 vCPUs");
  expect(check({ consoleMemoryMib: 16_384 })).toThrow("56 GiB");
});

test("accepts a queue that needs its shards", () => {
  const registry = bulkWith({ maxDispatchesPerSecond: 1_500, shards: { now: 3 } });
  expect(() => refuseBrokenBudgets({ ...plan, registry })).not.toThrow();
});

test("exactly as many deliveries as the instances accept are allowed", () => {
  const eleven = { ...settings, producerMaxInstances: 7, workerMaxInstances: 11, workerConcurrency: 20 };
  expect(() => refuseBrokenBudgets({ ...plan, settings: eleven })).not.toThrow();
});

test.each([
  [{ workerMemoryMib: 512 }, "The worker's memory of 512 MiB is too little for 40 payloads", "workerMemoryMib"],
  [{ workerConcurrency: 80 }, "The worker's memory of 2048 MiB is too little for 80 payloads", "workerConcurrency"],
  [{ producerMemoryMib: 256 }, "The producer's memory of 256 MiB is too little for 80 payloads", "producerMemoryMib"],
])("refuses %j, with which an instance could run out of memory", (change, sentence, remedy) => {
  const check = () => refuseBrokenBudgets({ ...plan, settings: { ...settings, ...change } });
  expect(check).toThrow(BudgetError);
  expect(check).toThrow(sentence);
  expect(check).toThrow(remedy);
});

test("the memory that a refusal asks for is enough, and one MiB less isn't", () => {
  const check = (workerMemoryMib: number) => () =>
    refuseBrokenBudgets({ ...plan, settings: { ...settings, workerMemoryMib } });
  // 2 × (40 × 260 KiB × 29 bytes of heap × 8/3 + 56 MiB)
  expect(check(512)).toThrow("it needs 1683 MiB");
  expect(check(1_683)).not.toThrow();
  expect(check(1_682)).toThrow("it needs 1683 MiB");
});
