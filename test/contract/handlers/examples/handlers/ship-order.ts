import type { Firestore } from "@google-cloud/firestore";
import { bindTransactionHandler, failPermanently, succeeded } from "../../../../../services/worker/runner/handler.ts";
import { shipOrder } from "../tasks/order-ship.ts";
import { sendReceipt } from "../tasks/receipt-send.ts";

/** Marks the order as shipped and has its receipt sent: both, or neither. */
export function createShipOrder({ db }: { db: Firestore }) {
  return bindTransactionHandler(shipOrder, async ({ orderId, to }, { transaction, enqueue }) => {
    const ref = db.collection("orders").doc(orderId);
    const order = await transaction.get(ref);
    if (!order.exists) return failPermanently({ code: "unknown_order", message: "There is no such order." });
    transaction.update(ref, { shipped: true });
    enqueue(sendReceipt, { orderId, to });
    return succeeded();
  });
}
