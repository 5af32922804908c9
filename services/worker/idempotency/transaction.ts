import type { Json } from "../../../shared/contract/any-json.ts";
import type { ReadRecord, RecordTransaction } from "../../../shared/records/read-record.ts";
import { RecordStoreError, isFirestoreError } from "../../../shared/records/record-store-error.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";
import { admitUnclaimed } from "../lifecycle/admission.ts";
import { settleInTransaction } from "../lifecycle/record-settlement.ts";
import type { AttemptEnd } from "../lifecycle/settlement.ts";
import { CONTENTION, type Outcome } from "../outcome.ts";
import type { RunnableDelivery } from "../parse-delivery.ts";
import type { RunContext } from "../runner/handler.ts";
import { type Ran, failedWhenStuck, faulted, runHandler, threw } from "../runner/run-handler.ts";
import { type Attempt, type AttemptWorker, type Strategy, finishUnclaimed, newAttempt } from "./strategy.ts";

/**
 * `transaction`: the handler's writes and the task's record are one commit, so its effect happens exactly once.
 *
 *     read the record ──▶ handler reads and writes ──▶ commit: effects + record, all or nothing
 */
export function transactionStrategy(delivery: RunnableDelivery, worker: AttemptWorker): Strategy {
  return {
    begin: () => Promise.resolve(newAttempt(delivery, worker)),
    run: (attempt) => runInTransaction(attempt, { delivery, worker }),
    finish: (attempt, ran) => finishUnclaimed(attempt, ran, { delivery, worker }),
  };
}

interface On {
  readonly delivery: RunnableDelivery;
  readonly worker: AttemptWorker;
}

/** Ends the transaction without a commit, so that nothing the handler wrote takes effect. */
class NothingToCommit extends Error {
  readonly ran: Ran;

  constructor(ran: Ran) {
    super("The handler did not succeed.");
    this.ran = ran;
  }
}

function runInTransaction(attempt: Attempt, { delivery, worker }: On): Promise<Ran> {
  // Firestore works before the handler and after it, and an attempt that is only waiting for Firestore hasn't failed.
  let isHandling = false;
  const { promise: abandoned, reject: abandon } = Promise.withResolvers<never>();
  abandoned.catch(() => {});
  const run = async (context: RunContext): Promise<AttemptEnd> => {
    isHandling = true;
    return await Promise.race([runOnce(delivery, context), abandoned]).finally(() => {
      isHandling = false;
    });
  };
  return runHandler(delivery, attempt.number, {
    worker,
    work: {
      run: (context) => commitTogether(context, { attempt, run, delivery, worker }),
      whenStuck(end) {
        if (end.kind === "threw") {
          // A fault must be counted, or it would stop one instance after another. So the transaction is rolled back
          // although its handler goes on: that can't commit anything any more.
          const ran: Ran = { kind: "ended", end };
          abandon(new NothingToCommit(ran));
          return ran;
        }
        // The transaction still locks its record, so nothing can be recorded now.
        const hasFailed = isHandling || end.kind === "released";
        return { kind: "decided", outcome: hasFailed ? failedWhenStuck(end) : keptByFirestore(worker) };
      },
    },
  });
}

/** The client can run a transaction again. The owner token then identifies the attempt's own record. */
async function commitTogether(context: RunContext, on: TransactionRun): Promise<Ran> {
  const { delivery, worker } = on;
  try {
    return await worker.store.transact(
      delivery,
      (transaction) => attemptOnce(transaction, context, on),
      (read) => rejectedAlready(read, on),
    );
  } catch (error) {
    if (error instanceof NothingToCommit) return error.ran;
    if (!isFirestoreError(error)) throw error;
    return afterFailure(error, { log: worker.log, payload: delivery.envelope.payload });
  }
}

interface TransactionRun extends On {
  readonly attempt: Attempt;
  readonly run: (context: RunContext) => Promise<AttemptEnd>;
}

async function attemptOnce(
  { record, readTimeMs, transaction, write }: RecordTransaction,
  context: RunContext,
  { attempt, run, delivery, worker }: TransactionRun,
): Promise<Ran> {
  const admission = admitUnclaimed(record, attempt, readTimeMs);
  if (admission.kind === "reject") {
    if (admission.transition) write(admission.transition);
    return { kind: "decided", outcome: admission.outcome };
  }
  // The client runs the callback again, for example after contention, but the attempt has been told to stop.
  if (worker.task.fault) throw new NothingToCommit(faulted(worker.task, delivery));
  if (context.signal.aborted) throw new NothingToCommit({ kind: "decided", outcome: keptByFirestore(worker) });

  const end = await run({ ...context, attempt: admission.attempt.attempts, transaction });
  // Part of the work has failed, so its effects must not be committed.
  const hasFailed = end.kind === "succeeded" && worker.task.fault;
  if (hasFailed) throw new NothingToCommit(faulted(worker.task, delivery));
  const endedAtMs = worker.clock.now();
  const settlement = settleInTransaction(end, admission, { claimant: attempt, endedAtMs });
  if (!settlement?.transition) throw new NothingToCommit({ kind: "ended", end });
  write(settlement.transition);
  return { kind: "decided", outcome: settlement.outcome };
}

/** The end of an attempt that may not run and has nothing to write: usually, another one has done the task. */
function rejectedAlready({ record, readTimeMs }: ReadRecord, { attempt }: TransactionRun): Ran | undefined {
  const admission = admitUnclaimed(record, attempt, readTimeMs);
  if (admission.kind === "run" || admission.transition) return undefined;
  return { kind: "decided", outcome: admission.outcome };
}

/** Counts nothing: the attempt was waiting for Firestore until it was told to stop, and no handler has failed. */
function keptByFirestore({ shutdown }: AttemptWorker): Outcome {
  return { kind: "unavailable", reason: shutdown.signal.aborted ? "shutting-down" : "record-store" };
}

/** Passes Firestore's errors on to the client, which decides whether to run the callback again, unless time is up. */
async function runOnce(delivery: RunnableDelivery, context: RunContext): Promise<AttemptEnd> {
  try {
    return await delivery.run(context);
  } catch (error) {
    if (isFirestoreError(error) && !context.signal.aborted) throw error;
    context.log.error(errorFields(error), "the handler threw");
    return threw(error, delivery.envelope.payload);
  }
}

/** gRPC's ABORTED: another transaction held a lock that this one needed. */
const ABORTED = 10;

/**
 * The gRPC statuses (https://grpc.io/docs/guides/status-codes/) that don't depend on the request: CANCELLED, UNKNOWN,
 * DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS and
 * UNAUTHENTICATED. The others do: for example, NOT_FOUND means an update of a document that doesn't exist.
 */
const UNAVAILABLE: ReadonlySet<number> = new Set([1, 2, 4, 7, 8, 12, 13, 14, 15, 16]);

/**
 * Interprets the client's last error, after its own retries. Even an error that refuses the commit can follow a commit
 * that took effect, so the record must be read before the attempt's end is recorded.
 *
 * @throws RecordStoreError if the error says nothing about the task.
 */
export function afterFailure(
  error: Error & { readonly code: number },
  { log, payload }: Pick<AttemptWorker, "log"> & { readonly payload: Json },
): Ran {
  const { code } = error;
  if (code === ABORTED) return { kind: "decided", outcome: CONTENTION };
  if (UNAVAILABLE.has(code)) {
    throw new RecordStoreError(`Firestore responded with status ${code}.`, code, { cause: error });
  }
  log.error(errorFields(error), "Firestore refused the handler's request");
  return { kind: "ended", end: threw(error, payload) };
}
