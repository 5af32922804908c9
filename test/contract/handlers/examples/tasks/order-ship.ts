import * as z from "zod";
import { defineTask } from "../../../../../shared/contract/task-type.ts";
import { tellSupport } from "./support-tell.ts";

/** Ships an order. */
export const shipOrder = defineTask({
  type: "order.ship",
  payload: z.strictObject({ orderId: z.string().regex(/^\w+$/), to: z.email() }),
  queue: "critical",
  idempotency: "transaction",
  timeoutMs: 10_000,
  attempts: 5,
  onDead: tellSupport,
});
