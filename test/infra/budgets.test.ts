import { expect, test } from "vitest";
import { anyJson } from "../../shared/contract/any-json.ts";
import { BudgetError, refuseBrokenBudgets } from "../../infra/settings/budgets.ts";
import type { QueueSettings } from "../../shared/contract/queues.ts";
import { type Registry, defineRegistry } from "../../shared/contract/registry.ts";
import { defineTask } from "../../shared/contract/task-type.ts";
import { TEST_QUEUES } from "../harness/registry/test-queues.ts";
import { FIXTURE } from "./support/fixture-registry.ts";

const plan = { registry: FIXTURE, settings: { workerMaxInstances: 10, workerConcurrency: 40 } };

const bulkWith = (change: Partial<QueueSettings>): Registry =>
  defineRegistry({ queues: { ...TEST_QUEUES, bulk: { ...TEST_QUEUES.bulk, ...change } }, taskTypes: [] });

const slow = defineTask({ type: "slow", payload: anyJson, queue: "critical", timeoutMs: 25_000, attempts: 1 });

test("task types, queues and the default settings are consistent", () => {
  expect(() => refuseBrokenBudgets(plan)).not.toThrow();
});

test.each([
  [
    "a handler that outlasts its dispatch",
    { registry: defineRegistry({ queues: TEST_QUEUES, taskTypes: [slow] }) },
    "Task type slow: its timeout of 25000",
  ],
  [
    "queues that send more than the instances accept",
    { settings: { workerMaxInstances: 5, workerConcurrency: 40 } },
    "The queues send up to 220 deliveries at once, but the worker accepts only 200 (5 instances of 40)",
  ],
  [
    "more dispatches a second than there can be",
    { registry: bulkWith({ maxDispatchesPerSecond: 501 }) },
    "Queue bulk: Cloud Tasks dispatches at most 500 tasks a second.",
  ],
  [
    "more dispatches under way than there can be",
    {
      registry: bulkWith({ maxConcurrentDispatches: 5_001 }),
      settings: { workerMaxInstances: 1_000, workerConcurrency: 40 },
    },
    "Queue bulk: Cloud Tasks allows at most 5000 concurrent dispatches.",
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

test("exactly as many deliveries as the instances accept are allowed", () => {
  const settings = { workerMaxInstances: 11, workerConcurrency: 20 };
  expect(() => refuseBrokenBudgets({ ...plan, settings })).not.toThrow();
});
