import { expect, it } from "vitest";
import { z } from "zod";
import { BUILT_IN_TASK_TYPES } from "../../../../shared/contract/registry.ts";
import { leaseMsOf, QUEUE_KEYS, QUEUES, type QueueKey } from "../../../../shared/contract/queues.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { checkTimeBudgets } from "../../../../shared/contract/time-budget.ts";

const withDeadline = (queue: QueueKey, dispatchDeadlineMs: number) => ({
  ...QUEUES,
  [queue]: { ...QUEUES[queue], dispatchDeadlineMs },
});

const taskOf = (timeoutMs: number) =>
  defineTask({ type: "slow", payload: z.strictObject({}), queue: "critical", timeoutMs, attempts: 1 });

it("finds nothing wrong with the built-in task types and queues", () => {
  expect(checkTimeBudgets(BUILT_IN_TASK_TYPES.values())).toEqual([]);
});

it("allows a handler what is left of 25 s after two steps of 5 s in the record store and 3 s of grace", () => {
  expect(checkTimeBudgets([taskOf(12_000)])).toEqual([]);
});

it("tells which handler needs more time than its queue gives", () => {
  expect(checkTimeBudgets([taskOf(12_001)])).toEqual([
    "Task type slow: its timeout of 12001 ms needs 25001 ms with claiming, grace and settling, " +
      "but queue critical gives up after 25000 ms.",
  ]);
});

it.each([15_000, 1_800_000])("allows a dispatch deadline of %s ms", (deadlineMs) => {
  expect(checkTimeBudgets([], withDeadline("bulk", deadlineMs))).toEqual([]);
});

it("tells which queue's dispatch deadline is too short", () => {
  expect(checkTimeBudgets([], withDeadline("bulk", 14_999))).toEqual([
    "Queue bulk: the dispatch deadline of 14999 ms is not within 15 s and 30 min.",
  ]);
});

it("tells which queue's dispatch deadline is too long for Cloud Tasks and for the worker's requests", () => {
  expect(checkTimeBudgets([], withDeadline("default", 1_800_001))).toEqual([
    "Queue default: the dispatch deadline of 1800001 ms is not within 15 s and 30 min.",
    "Queue default: the dispatch deadline of 1800001 ms outlasts the worker's request timeout.",
  ]);
});

it("lists the problems of every queue and task type at once", () => {
  expect(checkTimeBudgets([taskOf(60_000), taskOf(12_000)], withDeadline("bulk", 1))).toHaveLength(2);
});

it("keeps a lease 5 s longer than Cloud Tasks waits for the attempt", () => {
  expect(QUEUE_KEYS.map((queue) => [queue, leaseMsOf(queue)])).toEqual([
    ["critical", 30_000],
    ["default", 50_000],
    ["bulk", 125_000],
  ]);
});
