import { expect, test } from "vitest";
import { z } from "zod";
import { BudgetError, refuseBrokenBudgets } from "../../infra/settings/budgets.ts";
import { BUILT_IN_TASK_TYPES, createCatalogue } from "../../shared/contract/registry.ts";
import { QUEUES } from "../../shared/contract/queues.ts";
import { defineTask } from "../../shared/contract/task-type.ts";

const plan = {
  taskTypes: BUILT_IN_TASK_TYPES,
  queues: QUEUES,
  settings: { workerMaxInstances: 10, workerConcurrency: 40 },
};
const slow = defineTask({ type: "slow", payload: z.json(), queue: "critical", timeoutMs: 25_000, attempts: 1 });

test("the catalogue, the queues and the default settings hold together", () => {
  expect(() => refuseBrokenBudgets(plan)).not.toThrow();
});

test.each([
  [
    "a handler that outlasts its dispatch",
    { taskTypes: createCatalogue([slow]) },
    "Task type slow: its timeout of 25000",
  ],
  [
    "queues that send more than the instances take",
    { settings: { workerMaxInstances: 5, workerConcurrency: 40 } },
    "The queues send up to 220 deliveries at once, but the worker takes 200 (5 instances of 40)",
  ],
  [
    "more dispatches a second than there can be",
    { queues: { ...QUEUES, bulk: { ...QUEUES.bulk, maxDispatchesPerSecond: 501 } } },
    "Queue bulk: Cloud Tasks dispatches at most 500 tasks a second.",
  ],
  [
    "more dispatches under way than there can be",
    {
      queues: { ...QUEUES, bulk: { ...QUEUES.bulk, maxConcurrentDispatches: 5_001 } },
      settings: { workerMaxInstances: 1_000, workerConcurrency: 40 },
    },
    "Queue bulk: Cloud Tasks has at most 5000 dispatches under way.",
  ],
  [
    "a dispatch that outlasts the worker's request timeout",
    { queues: { ...QUEUES, bulk: { ...QUEUES.bulk, dispatchDeadlineMs: 1_800_001 } } },
    "outlasts the worker's request timeout",
  ],
])("refuses %s", (_, change, sentence) => {
  expect(() => refuseBrokenBudgets({ ...plan, ...change })).toThrow(BudgetError);
  expect(() => refuseBrokenBudgets({ ...plan, ...change })).toThrow(sentence);
});

test("as many as the instances take are allowed", () => {
  const settings = { workerMaxInstances: 11, workerConcurrency: 20 };
  expect(() => refuseBrokenBudgets({ ...plan, settings })).not.toThrow();
});
