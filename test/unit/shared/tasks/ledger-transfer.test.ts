import { expect, it } from "vitest";
import { transferBetweenAccounts } from "../../../../shared/tasks/ledger-transfer.ts";

it("accepts a payload", () => {
  const payload = { from: "alice", to: "bob", amount: 1 };
  expect(transferBetweenAccounts.payload.safeParse(payload).data).toEqual(payload);
});

it.each([
  { from: "alice", to: "alice", amount: 1 },
  { from: "alice", to: "bob", amount: 0 },
  { from: "alice", to: "bob", amount: 1.5 },
  { from: "alice", to: "bob", amount: 2 ** 53 },
  { from: "../x", to: "bob", amount: 1 },
  { from: "__x__", to: "bob", amount: 1 },
])("refuses the payload %j", (payload) => {
  expect(transferBetweenAccounts.payload.safeParse(payload).success).toBe(false);
});
