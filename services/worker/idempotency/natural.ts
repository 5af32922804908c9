import type { Timestamp } from "@google-cloud/firestore";
import type { AttemptEnd, RunEnd } from "../lifecycle/attempt-end.ts";
import { changeRecord } from "../../../shared/records/task-store.ts";
import type { Attempt, ClaimedAttempt, UnrecordedAttempt } from "./claim.ts";
import { decideClaimedSettlement } from "../lifecycle/claimed-settlement.ts";
import { concede } from "../lifecycle/concede.ts";
import { type Delivery, claimantOf } from "../delivery.ts";
import type { Outcome } from "../outcome.ts";
import { RecordStoreError, type StoreStep, beginStoreStep, inStore } from "./record-store.ts";
import { recordRef, settledFields, settledRecord, writeDeadLetter } from "../../../shared/records/transition.ts";
import { type Settlement, decideSettlement } from "../lifecycle/settlement.ts";
import { decideUnrecordedSettlement, outcomeWithoutRecord } from "../lifecycle/unrecorded-settlement.ts";
import type { Worker } from "../worker.ts";

/**
 * Makes an attempt's end durable, on condition that the attempt still owns the task.
 *
 * @throws RecordStoreError when that can't be known: the answer is then 503, and the next delivery reads how it ended.
 */
export async function settle(delivery: Delivery, attempt: Attempt, run: RunEnd, worker: Worker): Promise<Outcome> {
  if (run.kind !== "ended") return run.outcome;
  const step = beginStoreStep(worker);
  if (attempt.kind === "unrecorded") return await settleUnrecorded(delivery, attempt, run.end, step);

  const settlement = decideSettlement(run.end, attempt, delivery.maxAttempts);
  const written = await writeIfUntouched(delivery, settlement, { updateTime: attempt.updateTime, step });
  return written ? settlement.outcome : await settleByReading(delivery, attempt, settlement, step);
}

/** The good path: one commit, conditional on the record being as the claim's commit left it. */
async function writeIfUntouched(
  delivery: Delivery,
  settlement: Settlement,
  on: { updateTime: Timestamp; step: StoreStep },
): Promise<boolean> {
  try {
    await inStore(on.step, (db) => {
      const batch = db.batch();
      const fields = settledFields(settlement, on.step.clock);
      batch.update(recordRef(db, delivery.envelope), fields, { lastUpdateTime: on.updateTime });
      writeDeadLetter(batch, settlement, { delivery, db, clock: on.step.clock });
      return batch.commit();
    });
    return true;
  } catch (error) {
    // A failed condition may be the client's own repetition of a commit whose answer was lost: only a read tells.
    if (error instanceof RecordStoreError && error.status !== undefined) return false;
    throw error;
  }
}

async function settleByReading(
  delivery: Delivery,
  attempt: ClaimedAttempt,
  settlement: Settlement,
  step: StoreStep,
): Promise<Outcome> {
  const { envelope } = delivery;
  const { decision } = await inStore(step, (db) =>
    changeRecord<Outcome>({ db, envelope, step }, ({ record }, writer) => {
      const claimed = decideClaimedSettlement(record, attempt, settlement);
      if (claimed.kind === "answer") return claimed.outcome;
      writer.update(settledFields(settlement, step.clock));
      writeDeadLetter(writer, settlement, { delivery, db, clock: step.clock });
      return settlement.outcome;
    }),
  );
  return decision;
}

/** Ends an attempt that wrote nothing before: its record, where it needs one, comes to be now. */
async function settleUnrecorded(
  delivery: Delivery,
  attempt: UnrecordedAttempt,
  end: AttemptEnd,
  step: StoreStep,
): Promise<Outcome> {
  const known = outcomeWithoutRecord(end, delivery);
  if (known) return known;

  const { envelope } = delivery;
  const claimant = claimantOf(delivery, attempt.owner);
  let triedFence: number | null = null;
  const { decision } = await inStore(step, (db) =>
    changeRecord<Outcome>({ db, envelope, step }, (read, writer) => {
      const on = { delivery, db, clock: step.clock };
      const unrecorded = decideUnrecordedSettlement(read.record, { claimant, end, triedFence }, read.readTimeMs);
      if (unrecorded.kind !== "settle") return concede(writer, unrecorded, on);

      const { numbers, settlement, record } = unrecorded;
      triedFence = numbers.fence;
      writer.replace(settledRecord(envelope, numbers, settlement, { record, clock: step.clock }));
      writeDeadLetter(writer, settlement, on);
      return settlement.outcome;
    }),
  );
  return decision;
}
