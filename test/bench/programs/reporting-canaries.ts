import fs from "node:fs";
import type { Firestore } from "@google-cloud/firestore";
import { bindHandler, bindTransactionHandler, succeeded } from "../../../services/worker/runner/handler.ts";
import { claimCanary, naturalCanary, transactionCanary } from "../../../shared/tasks/canary.ts";

/**
 * Takes the place of services/worker/handlers/canaries.ts in a copy of the project, from which it has the same way to all
 * others: handlers that note when they start, for whoever measures how long a task takes to get there. They do nothing
 * else.
 */
const starts = fs.openSync(process.env["HANDLER_STARTS"] ?? "", "a");

/** By the clock that all processes of a machine share, which never jumps. */
function noteStart(id: string): void {
  fs.writeSync(starts, `${id} ${process.hrtime.bigint()}\n`);
}

export const handleClaimCanary = bindHandler(claimCanary, (_, { idempotencyKey }) => {
  noteStart(idempotencyKey);
  return Promise.resolve(succeeded());
});

export const handleNaturalCanary = bindHandler(naturalCanary, (_, { idempotencyKey }) => {
  noteStart(idempotencyKey);
  return Promise.resolve(succeeded());
});

/** Unlike those of the canary, its transactions do not compete for one document. */
export function createTransactionCanary({ db }: { db: Firestore }) {
  return bindTransactionHandler(transactionCanary, (_, { idempotencyKey, transaction }) => {
    noteStart(idempotencyKey);
    transaction.set(db.collection("bench").doc(idempotencyKey), { done: true });
    return Promise.resolve(succeeded());
  });
}
