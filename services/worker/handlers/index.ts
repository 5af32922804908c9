import type { Firestore } from "@google-cloud/firestore";
import type { registry } from "../../../shared/tasks/index.ts";
import type { HandlersFor } from "../runner/assemble-handlers.ts";
import { createTransactionCanary, handleClaimCanary, handleNaturalCanary } from "./canaries.ts";
import { createDeliverWebhook } from "./deliver-webhook.ts";
import { createPublishDocument } from "./publish-document.ts";
import { createTransferBetweenAccounts } from "./transfer-between-accounts.ts";

/** The handler for each task type in shared/tasks/index.ts. A missing handler, or one too many, doesn't compile. */
export function createHandlers(deps: { db: Firestore }): HandlersFor<typeof registry> {
  return {
    "webhook.deliver": createDeliverWebhook(),
    "ledger.transfer": createTransferBetweenAccounts(deps),
    "document.publish": createPublishDocument(deps),
    "canary.claim": handleClaimCanary,
    "canary.transaction": createTransactionCanary(deps),
    "canary.natural": handleNaturalCanary,
  };
}
