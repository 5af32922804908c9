import { type CancelResult, decideCancel } from "../../../services/producer/tasks/cancel/decide-cancel.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { TaskStore } from "../../../shared/records/task-store.ts";
import type { WorkerHarness } from "./worker-harness.ts";

export const CANCELLER = "ops@example.com";

/** Cancels a task in its record, as the producer does, over its own connection to Firestore. */
export async function cancelTask(
  { db, clock }: Pick<WorkerHarness, "db" | "clock">,
  envelope: Envelope,
): Promise<CancelResult> {
  const store = new TaskStore({ db, clock });
  const canceller = { task: envelope, by: CANCELLER, owner: "canceller", isNatural: envelope.id[32] === "n" };
  return await store.change({ envelope, leaseMs: 0, deadLetterRetentionMs: 0 }, ({ record, readTimeMs }) =>
    decideCancel(record, canceller, readTimeMs),
  );
}
