import type { Firestore } from "@google-cloud/firestore";
import { bindTransactionHandler, failPermanently, succeeded } from "../../../../../services/worker/runner/handler.ts";
import { grantPoints } from "../tasks/points-grant.ts";

/** Adds the points to the customer's document, in one commit with the task's record. */
export function createGrantPoints({ db }: { db: Firestore }) {
  return bindTransactionHandler(grantPoints, async ({ customerId, points }, { transaction }) => {
    const ref = db.collection("customers").doc(customerId);
    const customer = await transaction.get(ref);
    if (!customer.exists) return failPermanently({ code: "unknown_customer", message: "There is no such customer." });
    const balance = Number(customer.get("points") ?? 0) + points;
    transaction.update(ref, { points: balance });
    return succeeded({ balance });
  });
}
