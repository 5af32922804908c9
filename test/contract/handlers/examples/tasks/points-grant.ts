import * as z from "zod";
import { defineTask } from "../../../../../shared/contract/task-type.ts";

/** Adds points to a customer's balance, once. */
export const grantPoints = defineTask({
  type: "points.grant",
  payload: z.strictObject({ customerId: z.string().regex(/^[a-z0-9]{1,40}$/), points: z.int().positive() }),
  queue: "critical",
  idempotency: "transaction",
  timeoutMs: 10_000,
  attempts: 10,
});
