import type { Firestore, Timestamp } from "@google-cloud/firestore";
import type { Clock } from "../../shared/clock.ts";
import { deadLetterId } from "../../shared/records/dead-letter.ts";
import { type TaskRecord, isTerminal } from "../../shared/records/task-record.ts";
import type { AttemptEnd, RunEnd } from "./attempt-end.ts";
import { changeRecord } from "./change-record.ts";
import { decideClaim } from "./claim-decision.ts";
import type { Attempt, ClaimedAttempt, UnrecordedAttempt } from "./claim.ts";
import { concede } from "./concede.ts";
import { type Delivery, claimantOf } from "./delivery.ts";
import type { Outcome } from "./outcome.ts";
import { RecordStoreError, type StoreStep, beginStoreStep, inStore } from "./record-store.ts";
import {
  type RecordWriter,
  deadLetter,
  deadLetterRef,
  readRecord,
  recordRef,
  settledFields,
  settledRecord,
} from "./record-writes.ts";
import { type Settlement, decideSettlement } from "./settlement.ts";
import type { Worker } from "./worker.ts";

/** An attempt whose record was taken over while it ran is told to come back soon: the other may have finished by then. */
const SUPERSEDED_RETRY_AFTER_MS = 1_000;

/**
 * Makes an attempt's end durable, on condition that the attempt still owns the task.
 *
 * @throws RecordStoreError when that can't be known: the answer is then 503, and the next delivery reads how it ended.
 */
export async function settle(delivery: Delivery, attempt: Attempt, run: RunEnd, worker: Worker): Promise<Outcome> {
  if (run.kind !== "ended") return run.outcome;
  const step = beginStoreStep(worker);
  if (attempt.kind === "unrecorded") return await settleUnrecorded(delivery, attempt, run.end, step);

  const settlement = decideSettlement(run.end, attempt.attempts, delivery.maxAttempts);
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
      writeDeadLetter(batch, delivery, settlement, { db, clock: on.step.clock });
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
  const change = await inStore(step, (db) =>
    changeRecord<Outcome>({ db, envelope }, ({ ref, record }, writer) => {
      const isMine = record?.owner === attempt.owner && record.fence === attempt.fence;
      if (isMine && record.state === settlement.state) return settlement.outcome;
      if (record && isTerminal(record.state)) return { kind: "duplicate", state: record.state };
      if (!isMine) return { kind: "busy", retryAfterMs: SUPERSEDED_RETRY_AFTER_MS };
      writer.update(ref, settledFields(settlement, step.clock));
      writeDeadLetter(writer, delivery, settlement, { db, clock: step.clock });
      return settlement.outcome;
    }),
  );
  return change.decision;
}

/** Ends an attempt that wrote nothing before: its record, where it needs one, comes to be now. */
async function settleUnrecorded(
  delivery: Delivery,
  attempt: UnrecordedAttempt,
  end: AttemptEnd,
  step: StoreStep,
): Promise<Outcome> {
  const { envelope, maxAttempts } = delivery;
  if (end.kind === "succeeded" && delivery.isFirstDispatch) return { kind: "done", result: end.result };
  if (end.kind === "released") return { kind: "unavailable", reason: "shutting-down" };

  return await inStore(step, (db) =>
    db.runTransaction(async (transaction) => {
      const read = await readRecord(transaction, db, envelope);
      if (end.kind === "succeeded" && !read.record) return { kind: "done", result: end.result };

      const claimant = claimantOf(delivery, attempt.owner);
      const decision = decideClaim(read.record, claimant, read.readTimeMs);
      if (decision.kind === "own") return outcomeOfOwn(decision.record, end, maxAttempts);
      if (decision.kind !== "take") {
        return concede(transaction, decision, { delivery, read, db, clock: step.clock });
      }
      const settlement = decideSettlement(end, decision.attempts, maxAttempts);
      const numbers = { owner: attempt.owner, fence: decision.fence, attempts: settlement.attempts };
      transaction.set(
        read.ref,
        settledRecord(envelope, numbers, settlement, { record: read.record, clock: step.clock }),
      );
      writeDeadLetter(transaction, delivery, settlement, { db, clock: step.clock });
      return settlement.outcome;
    }),
  );
}

/**
 * What an attempt's own commit, whose answer was lost, has made of the task. It need not be what the attempt ended with
 * since: a transaction's time can run out after its commit took effect.
 */
function outcomeOfOwn(record: TaskRecord, end: AttemptEnd, maxAttempts: number): Outcome {
  if (record.state === "succeeded") return { kind: "done", result: record.result };
  if (record.state === "cancelled") return { kind: "duplicate", state: "cancelled" };
  return decideSettlement(end, record.attempts, maxAttempts).outcome;
}

/** A dead task's letter is part of the commit that ends it. */
function writeDeadLetter(
  writer: Pick<RecordWriter, "set">,
  delivery: Delivery,
  settlement: Settlement,
  on: { db: Firestore; clock: Clock },
): void {
  if (settlement.state !== "dead" || !settlement.error) return;
  const letter = deadLetter(delivery, settlement.attempts, settlement.error, on.clock);
  writer.set(deadLetterRef(on.db, deadLetterId(delivery.envelope.id)), letter);
}
