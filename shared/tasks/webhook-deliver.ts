import { z } from "zod";
import { secret, setting } from "../contract/task-settings.ts";
import { defineTask } from "../contract/task-type.ts";
import { flagVariable } from "../runtime/config.ts";

const LONGEST_URL = 2_083;

/** The specification asks for 24 to 64 bytes (https://github.com/standard-webhooks/standard-webhooks). */
const SECRET_BYTES = 32;
/** `whsec_` and at least 24 bytes in base64. */
const SECRET_PATTERN = /^whsec_(?:[A-Za-z0-9+/]{4}){8,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * POSTs an event to a subscriber's URL, signed as the Standard Webhooks specification requires
 * (https://www.standardwebhooks.com).
 */
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
  settings: {
    /** The secret that webhooks are signed with. */
    WEBHOOK_SIGNING_SECRET: secret({
      schema: z
        .string()
        .regex(SECRET_PATTERN, "must be a Standard Webhooks secret: whsec_ and at least 24 bytes in base64"),
      local: "whsec_bG9jYWwtZGV2ZWxvcG1lbnQtc2VjcmV0LTAwMDAwMDA=",
      generated: { prefix: "whsec_", bytes: SECRET_BYTES },
    }),
    /** Whether subscribers may be on this machine or in its network. */
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: setting({ schema: flagVariable.default(false), local: "true", localOnly: true }),
  },
});
