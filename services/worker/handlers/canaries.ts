import type { Firestore } from "@google-cloud/firestore";
import { claimCanary, naturalCanary, transactionCanary } from "../../../shared/tasks/canary.ts";
import { bindHandler, bindTransactionHandler, succeeded } from "../runner/handler.ts";

const CANARIES = "canaries";

export const handleClaimCanary = bindHandler(claimCanary, (_, { attempt }) => Promise.resolve(succeeded({ attempt })));

export const handleNaturalCanary = bindHandler(naturalCanary, () => Promise.resolve(succeeded()));

/** Canaries only leave a count behind, which shows that a transaction's effect lasts. */
export function createTransactionCanary({ db }: { db: Firestore }) {
  return bindTransactionHandler(transactionCanary, async (_, { transaction, attempt }) => {
    const ref = db.collection(CANARIES).doc(transactionCanary.type);
    const before: unknown = (await transaction.get(ref)).get("count");
    const count = typeof before === "number" ? before + 1 : 1;
    transaction.set(ref, { count });
    return succeeded({ attempt, count });
  });
}
