import type { Firestore } from "@google-cloud/firestore";
import type { BoundHandler } from "./handler.ts";
import { createCanaries } from "./handlers/canaries.ts";
import { createDeliverWebhook } from "./handlers/deliver-webhook.ts";
import { createPublishDocument } from "./handlers/publish-document.ts";
import { createTransferBetweenAccounts } from "./handlers/transfer-between-accounts.ts";

/** The handlers of the built-in task types, by type. */
export function createHandlers(deps: {
  db: Firestore;
  signingSecret: string;
  allowPrivateAddresses: boolean;
}): ReadonlyMap<string, BoundHandler> {
  const handlers = [
    createDeliverWebhook(deps),
    createTransferBetweenAccounts(deps),
    createPublishDocument(deps),
    ...createCanaries(deps),
  ];
  return new Map(handlers.map((handler) => [handler.taskType.type, handler]));
}
