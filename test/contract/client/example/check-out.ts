import type { Firestore } from "@google-cloud/firestore";
import { createClient } from "handoff-client/outbox";
import { sendReceipt } from "../../handlers/examples/tasks/receipt-send.ts";

/** Marks an order as paid, and has its receipt sent: both or neither. */
export function createCheckOut({ db, url }: { readonly db: Firestore; readonly url: string }) {
  const handoff = createClient({ url, outbox: { db, caller: "shop@my-project-123.iam.gserviceaccount.com" } });

  return async function checkOut(orderId: string): Promise<void> {
    await handoff.transaction(async (tx) => {
      const order = await tx.get(db.doc(`orders/${orderId}`));
      if (order.get("paid") === true) return;
      tx.update(order.ref, { paid: true });
      const receipt = { orderId, to: order.get("email") };
      handoff.enqueueIn(tx, sendReceipt, receipt, { idempotencyKey: `receipt-${orderId}` });
    });
  };
}
