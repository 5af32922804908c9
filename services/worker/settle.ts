import type { Timestamp } from "@google-cloud/firestore";
import type { AttemptEnd, RunEnd } from "./attempt-end.ts";
import type { Attempt, ClaimedAttempt, UnrecordedAttempt } from "./claim.ts";
import { decideClaimedSettlement } from "./claimed-settlement.ts";
import { concede } from "./concede.ts";
import { type Delivery, claimantOf } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import { RecordStoreError, type StoreStep, beginStoreStep, inStore } from "./record-store.ts";
import { readRecord, recordRef, settledFields, settledRecord, writeDeadLetter } from "./record-writes.ts";
import { type Settlement, decideSettlement } from "./settlement.ts";
import { decideUnrecordedSettlement, outcomeWithoutRecord } from "./unrecorded-settlement.ts";
import type { Worker } from "./worker.ts";

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
  const written = attempt.updateTime
    ? await writeIfUntouched(delivery, settlement, { updateTime: attempt.updateTime, step })
    : false;
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
  return await inStore(step, (db) =>
    db.runTransaction(async (transaction) => {
      const { ref, record } = await readRecord(transaction, db, delivery.envelope);
      const decision = decideClaimedSettlement(record, attempt, settlement);
      if (decision.kind === "answer") return decision.outcome;
      transaction.update(ref, settledFields(settlement, step.clock));
      writeDeadLetter(transaction, settlement, { delivery, db, clock: step.clock });
      return settlement.outcome;
    }),
  );
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

  const claimant = claimantOf(delivery, attempt.owner);
  return await inStore(step, (db) =>
    db.runTransaction(async (transaction) => {
      const read = await readRecord(transaction, db, delivery.envelope);
      const on = { delivery, read, db, clock: step.clock };
      const decision = decideUnrecordedSettlement(read.record, { claimant, end }, read.readTimeMs);
      if (decision.kind !== "settle") return concede(transaction, decision, on);

      const { numbers, settlement } = decision;
      const before = { record: read.record, clock: step.clock };
      transaction.set(read.ref, settledRecord(delivery.envelope, numbers, settlement, before));
      writeDeadLetter(transaction, settlement, on);
      return settlement.outcome;
    }),
  );
}
