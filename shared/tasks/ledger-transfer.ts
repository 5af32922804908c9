import * as z from "zod";
import { defineTask } from "../contract/task-type.ts";

/** Account ids become Firestore document ids, so they may only contain characters that are safe there. */
const accountId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, "must be 1 to 100 letters, digits, _ or -");

/** Moves an amount in minor units (cents, pence) from one document of `accounts` to another, exactly once. */
export const transferBetweenAccounts = defineTask({
  type: "ledger.transfer",
  payload: z
    .strictObject({ from: accountId, to: accountId, amount: z.int().positive() })
    .refine(({ from, to }) => from !== to, { path: ["to"], error: "must not be the same account as from" })
    .meta({ examples: [{ from: "alice", to: "bob", amount: 1_250 }] }),
  queue: "critical",
  idempotency: "transaction",
  timeoutMs: 10_000,
  attempts: 10,
});
