import type { Firestore } from "@google-cloud/firestore";
import { claimCanary, naturalCanary, transactionCanary } from "../../../shared/tasks/canary.ts";
import { type BoundHandler, bindHandler, bindTransactionHandler, succeeded } from "../runner/handler.ts";

const CANARIES = "canaries";

/** The handlers of the canaries. All that is left of them is a count, which shows that a transaction's effect is kept. */
export function createCanaries({ db }: { db: Firestore }): readonly BoundHandler[] {
  const canaries = db.collection(CANARIES);
  return [
    bindHandler(claimCanary, (_, { attempt }) => Promise.resolve(succeeded({ attempt }))),
    bindTransactionHandler(transactionCanary, async (_, { transaction, attempt }) => {
      const ref = canaries.doc(transactionCanary.type);
      const before: unknown = (await transaction.get(ref)).get("count");
      const count = typeof before === "number" ? before + 1 : 1;
      transaction.set(ref, { count });
      return succeeded({ attempt, count });
    }),
    bindHandler(naturalCanary, () => Promise.resolve(succeeded())),
  ];
}
