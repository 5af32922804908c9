import type { Firestore } from "@google-cloud/firestore";
import { claimCanary, naturalCanary, transactionCanary } from "../../../shared/task-types/canary.ts";
import { type BoundHandler, bindHandler, bindTransactionHandler, succeeded } from "../handler.ts";

const CANARIES = "canaries";

/** The handlers of the canaries. Two of them leave a document that the next one writes over. */
export function createCanaries({ db }: { db: Firestore }): readonly BoundHandler[] {
  const canaries = db.collection(CANARIES);
  return [
    bindHandler(claimCanary, (_, { attempt }) => Promise.resolve(succeeded({ attempt }))),
    bindTransactionHandler(transactionCanary, async ({ sentAt }, { transaction, attempt }) => {
      const ref = canaries.doc(transactionCanary.type);
      const before: unknown = (await transaction.get(ref)).get("count");
      const count = typeof before === "number" ? before + 1 : 1;
      transaction.set(ref, { count, sentAt });
      return succeeded({ attempt, count });
    }),
    bindHandler(naturalCanary, async ({ sentAt }) => {
      await canaries.doc(naturalCanary.type).set({ sentAt });
      return succeeded();
    }),
  ];
}
