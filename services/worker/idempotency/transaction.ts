import type { DocumentReference, Transaction } from "@google-cloud/firestore";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { type AttemptEnd, type RunEnd, threw } from "../lifecycle/attempt-end.ts";
import type { UnrecordedAttempt } from "./claim.ts";
import { concede } from "../lifecycle/concede.ts";
import { type Delivery, claimantOf } from "../delivery.ts";
import type { RunContext } from "../runner/handler.ts";
import type { Outcome } from "../outcome.ts";
import { RecordStoreError, isFirestoreError } from "./record-store.ts";
import { type RecordWriter, readingOf, recordRef, settledRecord } from "../../../shared/records/transition.ts";
import { decideTransactionFailure } from "../lifecycle/transaction-failure.ts";
import { decideUnrecordedRun, settlementInTransaction } from "../lifecycle/unrecorded-run.ts";
import type { Worker } from "../worker.ts";

type TransactionWorker = Worker & {
  readonly context: RunContext;
  /** Whether the handler is at work, or Firestore. */
  readonly progress: { handling: boolean };
};

/** Ends the transaction without a commit, so that nothing the handler wrote takes effect. */
class NothingToCommit extends Error {
  readonly end: RunEnd;

  constructor(end: RunEnd) {
    super("The handler did not succeed.");
    this.end = end;
  }
}

/**
 * Runs a `transaction` task: the handler's writes and the task's record are one commit.
 *
 *     read the record ──▶ handler reads and writes ──▶ commit: effects + record, all or nothing
 *
 * The callback can run again, after contention or a commit whose answer was lost; the owner token tells its own record.
 */
export async function runInTransaction(
  delivery: Delivery,
  attempt: UnrecordedAttempt,
  worker: TransactionWorker,
): Promise<RunEnd> {
  worker.progress.handling = false;
  try {
    return await worker.db.runTransaction((transaction) => attemptOnce(delivery, attempt, { ...worker, transaction }));
  } catch (error) {
    if (error instanceof NothingToCommit) return error.end;
    if (!isFirestoreError(error)) throw error;
    const failure = decideTransactionFailure(error);
    if (failure.kind === "unavailable") {
      throw new RecordStoreError(`Firestore answered with status ${error.code}.`, error.code, { cause: error });
    }
    if (failure.kind === "ended")
      worker.log.error(errorFields(error), "what the handler asked of Firestore was refused");
    return failure;
  }
}

async function attemptOnce(
  delivery: Delivery,
  attempt: UnrecordedAttempt,
  worker: TransactionWorker & { transaction: Transaction },
): Promise<RunEnd> {
  const { transaction, context, db, clock, progress } = worker;
  const { envelope } = delivery;
  const ref = recordRef(db, envelope);
  const { record, readTimeMs } = readingOf(await transaction.get(ref));
  const writer = writerIn(transaction, ref);
  const claimant = claimantOf(delivery, attempt.owner);
  const decision = decideUnrecordedRun(record, claimant, readTimeMs);
  if (decision.kind !== "run") {
    return { kind: "decided", outcome: concede(writer, decision, { delivery, db, clock }) };
  }

  if (context.signal.aborted) throw new NothingToCommit({ kind: "decided", outcome: keptByFirestore(worker) });

  const { numbers } = decision;
  progress.handling = true;
  const end = await runOnce(delivery, { ...context, attempt: numbers.attempts, transaction }).finally(() => {
    progress.handling = false;
  });
  const settlement = settlementInTransaction(end, numbers, claimant);
  if (!settlement) throw new NothingToCommit({ kind: "ended", end });
  writer.replace(settledRecord(envelope, numbers, settlement, { record: decision.record, clock }));
  return { kind: "decided", outcome: settlement.outcome };
}

/** Nothing is counted: Firestore kept the attempt from its end until it was told to stop, and no handler has failed. */
function keptByFirestore({ shutdown }: TransactionWorker): Outcome {
  return { kind: "unavailable", reason: shutdown.signal.aborted ? "shutting-down" : "record-store" };
}

/** The transaction's lock keeps the record as it was read. */
function writerIn(transaction: Transaction, record: DocumentReference): RecordWriter {
  return {
    replace: (whole) => void transaction.set(record, whole),
    update: (fields) => void transaction.update(record, fields),
    set: (ref, document) => void transaction.set(ref, document),
  };
}

/** Firestore's own errors go to the client, which decides whether the callback runs again; none when time is up. */
async function runOnce(delivery: Delivery, context: RunContext): Promise<AttemptEnd> {
  try {
    return await delivery.run(context);
  } catch (error) {
    if (isFirestoreError(error) && !context.signal.aborted) throw error;
    context.log.error(errorFields(error), "the handler threw");
    return threw(error);
  }
}
