import * as z from "zod";
import type { SignatureScheme } from "../auth/endpoint-keys.ts";
import { readMasters } from "../auth/webhook-masters.ts";
import { anyJson } from "../contract/any-json.ts";
import { httpUrl } from "../contract/http-url.ts";
import { secret, setting } from "../contract/task-settings.ts";
import { defineTask } from "../contract/task-type.ts";
import { flagVariable } from "../runtime/config.ts";
import { numberWithin } from "../runtime/variables/number-within.ts";
import { HIGHEST_PORT } from "../network/host-and-port.ts";

const MAX_URL_LENGTH = 2_083;

/** The form of an endpoint's id: what most systems use for ids. */
const ENDPOINT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]*$/;
const MAX_ENDPOINT_ID_LENGTH = 128;

/** The length of a generated master secret, in bytes. */
const SECRET_BYTES = 32;

const mastersVariable = z.string().transform((text, context) => {
  const read = readMasters(text);
  if (read.ok) return read.masters;
  context.addIssue({ code: "custom", message: read.problem });
  return z.NEVER;
});

const schemesVariable = z.enum(["v1", "v1a", "v1 v1a"]).transform((text): readonly SignatureScheme[] => {
  if (text === "v1 v1a") return ["v1", "v1a"];
  return [text];
});

const PORTS_PATTERN = /^\d{1,5}(?:,\d{1,5}){0,19}$/;

const portsVariable = z
  .string()
  .regex(PORTS_PATTERN, "must be up to 20 port numbers with commas between them, such as 80,443")
  .transform((text) => text.split(",").map(Number))
  .refine(
    (ports) => ports.every((port) => port >= 1 && port <= HIGHEST_PORT),
    `must be ports from 1 to ${HIGHEST_PORT}`,
  );

/**
 * POSTs an event to a subscriber's URL, signed as the Standard Webhooks specification requires
 * (https://www.standardwebhooks.com). Each endpoint has its own key, so that none can pass a message on to another. The
 * endpoint is `endpointId` or, without one, the URL without its query.
 */
export const deliverWebhook = defineTask({
  type: "webhook.deliver",
  payload: z
    .strictObject({
      url: httpUrl.max(MAX_URL_LENGTH),
      /** The endpoint whose key signs the message. The caller chooses it, as it chooses the URL. */
      endpointId: z
        .string()
        .max(MAX_ENDPOINT_ID_LENGTH)
        .regex(ENDPOINT_ID_PATTERN, "must be letters, digits and . _ : -")
        .optional(),
      event: z.string().min(1).max(200),
      data: anyJson,
    })
    .meta({ examples: [{ url: "https://example.com/hook", event: "order.paid", data: { order: 7 } }] }),
  queue: "default",
  idempotency: "claim",
  timeoutMs: 30_000,
  attempts: 15,
  settings: {
    /** The master secret from which endpoints' keys are derived, or two while one replaces another, the newer first. */
    WEBHOOK_SIGNING_SECRET: secret({
      schema: mastersVariable,
      local: "whsec_bG9jYWwtZGV2ZWxvcG1lbnQtc2VjcmV0LTAwMDAwMDA=",
      generated: { prefix: "whsec_", bytes: SECRET_BYTES },
    }),
    /** The schemes that sign messages: HMAC (`v1`), Ed25519 (`v1a`) or both (`v1 v1a`). */
    WEBHOOK_SIGNATURES: setting({ schema: schemesVariable.default(["v1"]) }),
    /** For the migration from one shared secret: whether messages are also signed with the last master itself. */
    WEBHOOK_SIGN_WITH_MASTER: setting({ schema: flagVariable.default(false) }),
    /** The ports that subscribers on the Internet may use. On this machine and in its network, any port is allowed. */
    WEBHOOK_ALLOWED_PORTS: setting({ schema: portsVariable.default([80, 443]) }),
    /** How many webhooks an instance sends to one host at a time. Choose far fewer than the requests it accepts. */
    WEBHOOK_DELIVERIES_PER_HOST: setting({ schema: numberWithin({ from: 1, to: 1_000 }).default(6) }),
    /** Whether subscribers may be on this machine or in its network. */
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: setting({ schema: flagVariable.default(false), local: "true", localOnly: true }),
  },
});
