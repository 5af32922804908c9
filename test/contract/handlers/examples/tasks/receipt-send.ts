import * as z from "zod";
import { secret, setting } from "../../../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../../../shared/contract/task-type.ts";

/** Emails a customer the receipt of an order. */
export const sendReceipt = defineTask({
  type: "receipt.send",
  payload: z.strictObject({ orderId: z.string().min(1), to: z.email() }),
  queue: "default",
  idempotency: "claim",
  timeoutMs: 20_000,
  attempts: 10,
  settings: {
    MAIL_API_KEY: secret(),
    MAIL_API_URL: setting({ schema: z.url(), local: "http://127.0.0.1:9000" }),
  },
});
