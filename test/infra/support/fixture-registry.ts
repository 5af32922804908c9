import * as z from "zod";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { defineRegistry } from "../../../shared/contract/registry.ts";
import { secret, setting } from "../../../shared/contract/task-settings.ts";
import { defineTask } from "../../../shared/contract/task-type.ts";
import { flagVariable } from "../../../shared/runtime/config.ts";
import { defineSchedule } from "../../../shared/schedules/schedule.ts";
import { TEST_QUEUES } from "../../harness/registry/test-queues.ts";

/** A secret that is generated unless configured, and a variable that no stack can set. */
const deliverWebhook = defineTask({
  type: "webhook.deliver",
  payload: z.strictObject({ url: z.url(), event: z.string(), data: anyJson }),
  queue: "default",
  timeoutMs: 30_000,
  attempts: 15,
  settings: {
    WEBHOOK_SIGNING_SECRET: secret({
      schema: z.string().regex(/^whsec_[\w+/=]{32,}$/, "must be a webhook secret"),
      local: `whsec_${"bG9jYWw".repeat(5)}`,
      generated: { prefix: "whsec_", bytes: 32 },
    }),
    WEBHOOK_ALLOW_PRIVATE_ADDRESSES: setting({ schema: flagVariable.default(false), local: "true", localOnly: true }),
  },
});

const publishDocument = defineTask({
  type: "document.publish",
  payload: z.strictObject({ documentId: z.string(), version: z.int(), content: z.string() }),
  queue: "bulk",
  idempotency: "natural",
  timeoutMs: 20_000,
  attempts: 10,
});

const transferMoney = defineTask({
  type: "money.transfer",
  payload: z.strictObject({}),
  queue: "critical",
  idempotency: "transaction",
  timeoutMs: 10_000,
  attempts: 10,
});

const canary = defineTask({
  type: "canary.claim",
  payload: z.strictObject({}),
  queue: "default",
  timeoutMs: 10_000,
  attempts: 3,
});

/** What the development example turns off. */
const hourlyCanary = defineSchedule({
  name: "hourly-canary",
  cron: "7 * * * *",
  timeZone: "Etc/UTC",
  task: canary,
  payload: {},
});

/** The registry behind the snapshots, independent of the real one. */
export const FIXTURE = defineRegistry({
  queues: TEST_QUEUES,
  taskTypes: [deliverWebhook, publishDocument, transferMoney, canary],
  schedules: [hourlyCanary],
});

/** A secret that must be configured, one variable that must be, and one that may be. */
const sendMail = defineTask({
  type: "mail.send",
  payload: z.strictObject({}),
  queue: "reports",
  timeoutMs: 10_000,
  attempts: 3,
  settings: {
    MAIL_KEY: secret(),
    MAIL_SENDER: setting({ schema: z.email("must be an e-mail address"), local: "us@example.com" }),
    MAIL_PAGES: setting({ schema: z.coerce.number("must be a number").default(10) }),
  },
});

/** The fixture plus what a user might add: a queue, and a task type with its own settings. */
export const WIDER_FIXTURE = defineRegistry({
  queues: { ...TEST_QUEUES, reports: TEST_QUEUES.bulk },
  taskTypes: [...FIXTURE.listed, sendMail],
  schedules: [hourlyCanary],
});
