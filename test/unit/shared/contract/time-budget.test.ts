import { expect, it } from "vitest";
import * as z from "zod";
import { leaseMsOf } from "../../../../shared/contract/queues.ts";
import { type Registry, defineRegistry } from "../../../../shared/contract/registry.ts";
import { defineTask } from "../../../../shared/contract/task-type.ts";
import { checkTimeBudgets } from "../../../../shared/contract/time-budget.ts";
import { TEST_QUEUES } from "../../../harness/registry/test-queues.ts";

const withDeadline = (dispatchDeadlineMs: number): Registry =>
  defineRegistry({ queues: { bulk: { ...TEST_QUEUES.bulk, dispatchDeadlineMs } }, taskTypes: [] });

const taskOf = (timeoutMs: number, type = "slow") =>
  defineTask({ type, payload: z.strictObject({}), queue: "critical", timeoutMs, attempts: 1 });

const registryWith = (...taskTypes: ReturnType<typeof taskOf>[]): Registry =>
  defineRegistry({ queues: TEST_QUEUES, taskTypes });

it("allows a handler what is left of 25 s after two steps of 5 s in the record store, 3 s of grace and 1 s of relaying", () => {
  expect(checkTimeBudgets(registryWith(taskOf(11_000)))).toEqual([]);
});

it("reports which handler needs more time than its queue allows", () => {
  expect(checkTimeBudgets(registryWith(taskOf(11_001)))).toEqual([
    "Task type slow: its timeout of 11001 ms needs 25001 ms including claim, grace, settling and relaying, " +
      "but queue critical gives up after 25000 ms.",
  ]);
});

it.each([15_000, 1_800_000])("allows a dispatch deadline of %s ms", (deadlineMs) => {
  expect(checkTimeBudgets(withDeadline(deadlineMs))).toEqual([]);
});

it("reports which queue's dispatch deadline is too short", () => {
  expect(checkTimeBudgets(withDeadline(14_999))).toEqual([
    "Queue bulk: the dispatch deadline of 14999 ms is not between 15 s and 30 min.",
  ]);
});

it("reports which queue's dispatch deadline is too long for Cloud Tasks and for the worker's requests", () => {
  expect(checkTimeBudgets(withDeadline(1_800_001))).toEqual([
    "Queue bulk: the dispatch deadline of 1800001 ms is not between 15 s and 30 min.",
    "Queue bulk: the dispatch deadline of 1800001 ms outlasts the worker's request timeout.",
  ]);
});

it("lists the problems of every queue and task type at once", () => {
  const queues = { ...TEST_QUEUES, bulk: { ...TEST_QUEUES.bulk, dispatchDeadlineMs: 1 } };
  const taskTypes = [taskOf(60_000), taskOf(11_000, "fast")];
  expect(checkTimeBudgets(defineRegistry({ queues, taskTypes }))).toHaveLength(2);
});

it("keeps a lease 5 s longer than Cloud Tasks waits for the attempt", () => {
  expect(leaseMsOf({ dispatchDeadlineMs: 25_000 })).toBe(30_000);
});
