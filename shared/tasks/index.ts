import { defineRegistry } from "../contract/registry.ts";
import { claimCanary, naturalCanary, transactionCanary } from "./canary.ts";
import { publishDocument } from "./document-publish.ts";
import { transferBetweenAccounts } from "./ledger-transfer.ts";
import { queues } from "./queues.ts";
import { schedules } from "./schedules.ts";
import { deliverWebhook } from "./webhook-deliver.ts";

/** The whole registry. Each task type needs a handler in services/worker/handlers/index.ts. */
export const registry = defineRegistry({
  queues,
  schedules,
  taskTypes: [
    deliverWebhook,
    transferBetweenAccounts,
    publishDocument,
    // For `npm run smoke`.
    claimCanary,
    transactionCanary,
    naturalCanary,
  ],
});
