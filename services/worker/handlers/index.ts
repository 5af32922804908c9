import type { Firestore } from "@google-cloud/firestore";
import type { BoundHandler } from "../runner/handler.ts";
import { createCanaries } from "./canaries.ts";
import { createDeliverWebhook } from "./deliver-webhook.ts";
import { createPublishDocument } from "./publish-document.ts";
import { createTransferBetweenAccounts } from "./transfer-between-accounts.ts";

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
