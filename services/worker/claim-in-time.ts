import { errorFields } from "../../shared/error-fields.ts";
import { type Claim, claimTask } from "./claim.ts";
import type { Delivery } from "./delivery.ts";
import { beginStoreStep, inStore } from "./record-store.ts";
import { settle } from "./settle.ts";
import type { Worker } from "./worker.ts";

/**
 * Claims the task within one step's time. The client can't be told to stop, so a claim can still take effect when its
 * delivery has been answered; nobody would run it, and it would cost the task a lease and an attempt. It is given back.
 *
 *     |---- step ----| answered 503 ──── claim takes effect ──▶ released
 *
 * @throws RecordStoreError when Firestore does not say in time whose the task is.
 */
export async function claimInTime(delivery: Delivery, worker: Worker): Promise<Claim> {
  const claiming = claimTask(delivery, worker);
  try {
    return await inStore(beginStoreStep(worker), () => claiming);
  } catch (error) {
    void worker.shutdown.track(releaseLate(claiming, delivery, worker));
    throw error;
  }
}

/** If this fails, too, the lease still ends. */
async function releaseLate(claiming: Promise<Claim>, delivery: Delivery, worker: Worker): Promise<void> {
  const late = await claiming.catch(() => null);
  if (late?.kind !== "ours") return;
  try {
    await settle(delivery, late.attempt, { kind: "ended", end: { kind: "released" } }, worker);
  } catch (error) {
    worker.log.warn({ ...errorFields(error), taskId: delivery.envelope.id }, "a late claim could not be released");
  }
}
