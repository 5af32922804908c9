import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { type Claim, claimTask } from "./claim.ts";
import type { Delivery } from "../delivery.ts";
import { type StoreStep, beginStoreStep, inStore } from "./record-store.ts";
import { settle } from "./natural.ts";
import type { Worker } from "../worker.ts";

/**
 * Claims the task within one step's time. The client can't be told to stop, so a claim can still take effect when its
 * delivery has been answered; nobody would run it, and it would cost the task a lease and an attempt. It is given back.
 *
 *     |---- step ----| answered 503 ──── claim takes effect ──▶ released
 *
 * A process that stood still, as a throttled or paused instance does, can find the claim's answer before its own timer.
 * By then the lease may be over and the task another's, so it doesn't begin, either. An instance's clock is good for that,
 * unless it was set back while the process stood still.
 *
 * @throws RecordStoreError when it is not known in time whose the task is.
 */
export async function claimInTime(delivery: Delivery, worker: Worker): Promise<Claim> {
  const step = beginStoreStep(worker);
  const claiming = claimTask(delivery, worker);
  try {
    const claim = await inStore(step, () => claiming);
    if (!mayBeOver(claim, step)) return claim;
    void worker.shutdown.track(releaseLate(claiming, delivery, worker));
    return { kind: "not-ours", outcome: { kind: "unavailable", reason: "late-claim" } };
  } catch (error) {
    void worker.shutdown.track(releaseLate(claiming, delivery, worker));
    throw error;
  }
}

/** Whether the claim's lease may be over, since so much time has passed that this process must have stood still. */
function mayBeOver(claim: Claim, { clock, untilMs }: StoreStep): boolean {
  return claim.kind === "ours" && claim.attempt.kind === "claimed" && clock.now() > untilMs;
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
