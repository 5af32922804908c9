import { errorFields } from "../../shared/error-fields.ts";
import { type Claim, claimTask } from "./claim.ts";
import type { Delivery } from "./delivery.ts";
import { RecordStoreError, beginStoreStep, inStore } from "./record-store.ts";
import { settle } from "./settle.ts";
import type { Worker } from "./worker.ts";

/**
 * Claims the task within one step's time. The client can't be told to stop, so a claim can still take effect when its
 * delivery has been answered; nobody would run it, and it would cost the task a lease and an attempt. It is given back.
 *
 *     |---- step ----| answered 503 ──── claim takes effect ──▶ released
 *
 * A process that stood still, as a throttled or paused instance does, can find the claim's answer before its own timer.
 * By then the lease may be over and the task another's, so it doesn't begin, either.
 *
 * @throws RecordStoreError when it is not known in time whose the task is.
 */
export async function claimInTime(delivery: Delivery, worker: Worker): Promise<Claim> {
  const step = beginStoreStep(worker);
  const claiming = claimTask(delivery, worker);
  try {
    const claim = await inStore(step, () => claiming);
    if (worker.clock.now() > step.untilMs) throw new RecordStoreError("The claim was noticed too late.", undefined);
    return claim;
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
