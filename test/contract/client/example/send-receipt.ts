import { HandoffError, createClient } from "handoff-client";
import type { registry } from "../../handlers/examples/tasks/index.ts";

/** Has the receipts of orders sent, by the producer at an address. */
export function createReceipts(url: string) {
  const handoff = createClient<typeof registry>({ url });

  return {
    /** However often it is called for an order: one receipt. Returns the task's id. */
    async send(orderId: string, to: string): Promise<string> {
      const { id } = await handoff.enqueue("receipt.send", { orderId, to }, { idempotencyKey: `receipt-${orderId}` });
      return id;
    },
    /** False if it is too late. */
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
