import { type Client, taskIdOf } from "handoff-client";

/** Returns the state of an order's receipt, by the order alone. `caller` is the account that enqueued it. */
export async function receiptState(handoff: Client, { orderId, caller }: { orderId: string; caller: string }) {
  const types = await handoff.taskTypes();
  const target = types.find(({ type }) => type === "receipt.send");
  if (!target) throw new Error("The producer knows no receipts.");
  const id = await taskIdOf({ type: target.type, idempotencyKey: `receipt-${orderId}`, caller }, target);
  const { state } = await handoff.get(id);
  return state;
}
