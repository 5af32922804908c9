import { HandoffError, createClient } from "handoff-client";
import type { registry } from "../../handlers/examples/tasks/index.ts";

/** Sends the receipts of orders through the producer at `url`. */
export function createReceipts(url: string) {
  const handoff = createClient<typeof registry>({ url });

  return {
    /** Sends one receipt for an order, however often it is called. Returns the task's id. */
    async send(orderId: string, to: string): Promise<string> {
      const { id } = await handoff.enqueue("receipt.send", { orderId, to }, { idempotencyKey: `receipt-${orderId}` });
      return id;
    },
    /** Cancels a receipt. Returns false if it is too late. */
    async stop(id: string): Promise<boolean> {
      try {
        const { state } = await handoff.cancel(id);
        return state === "cancelled";
      } catch (error) {
        if (error instanceof HandoffError && error.code === "already-finished") return false;
        throw error;
      }
    },
  };
}
