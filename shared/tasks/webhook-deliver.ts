import { z } from "zod";
import { defineTask } from "../contract/task-type.ts";

const LONGEST_URL = 2_083;

/** POSTs an event to a subscriber's URL, signed by the Standard Webhooks specification (https://www.standardwebhooks.com). */
export const deliverWebhook = defineTask({
  type: "webhook.deliver",
  payload: z.strictObject({
    url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(LONGEST_URL),
    event: z.string().min(1).max(200),
    data: z.json(),
  }),
  queue: "default",
  idempotency: "claim",
  timeoutMs: 30_000,
  attempts: 15,
});
