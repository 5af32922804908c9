import { expect, it } from "vitest";
import { checkTimeBudgets } from "../../../../shared/contract/time-budget.ts";
import { registry } from "../../../../shared/tasks/index.ts";

it("gives every registered task type the time that it needs", () => {
  expect(checkTimeBudgets(registry)).toEqual([]);
});
