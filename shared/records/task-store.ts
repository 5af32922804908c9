import type { Firestore, Timestamp, Transaction } from "@google-cloud/firestore";
import { RECORD_STORE_DEADLINE_MS } from "../contract/queues.ts";
import type { TaskId } from "../contract/task-id.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import { type Detail, detailAfter } from "./detail.ts";
import { Documents, isKept } from "./documents.ts";
import { EarlyLook } from "./early-look.ts";
import { guardWrites } from "./guarded-transaction.ts";
import {
  type Changed,
  type Decided,
  type KnownRead,
  type ReadRecord,
  type RecordTransaction,
  readingOf,
} from "./read-record.ts";
import { RecordStoreError, isFirestoreError } from "./record-store-error.ts";
import { TASK_RECORDS, type TaskRecord } from "./task-record.ts";
import type { Task, Transition } from "./transition.ts";
import { type Writes, writesOf } from "./writes.ts";

/** How many times to read a record and decide before giving up with the last error. */
const MAX_TRIES = 5;

/** Statuses that a retry can't help: PERMISSION_DENIED, UNIMPLEMENTED. */
const LASTING = new Set([7, 12]);

type StoreOptions = ConstructorParameters<typeof Documents>[0];

/** The tasks' records. Each transition is one commit: the record, a letter, and outbox entries. */
export class TaskStore {
  readonly #documents: Documents;
  readonly #clock: Clock;

  constructor(options: StoreOptions | Documents) {
    this.#documents = options instanceof Documents ? options : new Documents(options);
    this.#clock = options.clock;
  }

  /**
   * The deadline of a delivery's step that begins now, in milliseconds since the epoch. Claiming is one step and
   * settling another, however many calls each takes.
   *
   * @param timeoutMs default `RECORD_STORE_DEADLINE_MS`.
   */
  stepUntilMs(timeoutMs = RECORD_STORE_DEADLINE_MS): number {
    return this.#clock.now() + timeoutMs;
  }

  /** Makes store calls and waits no longer than their step lasts; see `Documents`. */
  within<Result>(untilMs: number, call: () => Promise<Result>): Promise<Result> {
    return this.#documents.within(untilMs, call);
  }

  /**
   * Writes a task's first record, provided that there is none: one commit, no read.
   *
   * @returns its update time; undefined if only a read can show whose record is there.
   */
  async create(task: Task, transition: Transition): Promise<Timestamp | undefined> {
    try {
      return await this.#documents.commit(task.envelope.id, this.#writes(transition, task, null), {});
    } catch (error) {
      // ALREADY_EXISTS may mean that the client retried a commit whose response was lost. So may other errors.
      if (isFirestoreError(error)) return undefined;
      throw error;
    }
  }

  /**
   * Ends an attempt whose claim was committed at `updateTime`, provided that nobody has written to it since: one
   * commit, no read.
   *
   * @returns false if only a read can show whether it was written.
   * @throws RecordStoreError when Firestore didn't respond within the step.
   */
  async settle(
    task: Task,
    transition: Transition,
    { updateTime, untilMs }: { readonly updateTime: Timestamp; readonly untilMs: number },
  ): Promise<boolean> {
    const writes = this.#writes(transition, task, null);
    try {
      await this.within(untilMs, () => this.#documents.commit(task.envelope.id, writes, { record: updateTime }));
      return true;
    } catch (error) {
      // A failed precondition may mean that the client retried a commit whose response was lost. Only a read can show.
      if (error instanceof RecordStoreError && error.status !== undefined) return false;
      throw error;
    }
  }

  /**
   * Reads a task's record, decides, and writes, provided that the record hasn't changed since the read. `decide` runs
   * again if that fails or the result is unknown, so it must recognise what an earlier call has written.
   *
   *     read ──▶ decide ──▶ commit, if the record is as read ──ok──▶ done
   *      ▲                         └── refused, or unclear ──┐
   *      └───────────────────────────────────────────────────┘
   *
   * This deliberately isn't a transaction. A transaction that reads locks the record, and if the response to the read
   * is lost, nobody can end the transaction. For a minute
   * (https://cloud.google.com/firestore/docs/transaction-data-contention) no attempt could record its end, not even the
   * transaction's own, while leases run out.
   *
   * If Firestore refuses the content, it is written with less detail: without a durable end the handler would run
   * again.
   *
   * @param untilMs the step's deadline. After it, nothing is retried or written: the delivery has its response by then,
   * and other attempts continue from there. Default: never.
   * @param known an earlier read to decide from first, which saves a read. If that decision writes nothing, the record
   * is read after all.
   * @returns the decision, what it was made from (`read`), and when the record was last written, by this change or an
   * earlier one; null if there is no record.
   * @throws the client's error when the last try fails, or a RecordStoreError when the step is over.
   */
  async change<Decision extends Decided>(
    task: Task,
    decide: (read: ReadRecord) => Decision,
    untilMs = Number.POSITIVE_INFINITY,
    known?: KnownRead,
  ): Promise<Changed<Decision>> {
    let detail: Detail | undefined = "all";
    let decided: Decision | undefined;
    for (let tries = 1; ; tries++) {
      try {
        const from = tries === 1 && known ? known : await this.#read(task, untilMs);
        const changed = await this.#changeFrom(from, task, (read) => (decided = decide(read)), detail);
        if (changed.transition || from !== known) return changed;
      } catch (error) {
        const isFinal = tries === MAX_TRIES || !isFirestoreError(error) || LASTING.has(error.code);
        if (isFinal || this.#clock.now() >= untilMs) throw error;
        detail = detailAfter(error.code, { detail, triesLeft: MAX_TRIES - tries, transition: decided?.transition });
        if (!detail) throw error;
      }
    }
  }

  /**
   * Runs `body` in a Firestore transaction that has read the task's record. Everything that it writes, including the
   * record's transition, is one commit. The client may run it again, after contention or a commit whose response was
   * lost.
   *
   * @param decided the result if the record already says it; undefined if the transaction must tell. A transaction that
   * has lost a lock shows it the record as others write it, until the client runs it again; see `EarlyLook`. Default: it
   * doesn't.
   * @throws the client's last error.
   */
  async transact<Result>(
    task: Task,
    body: (on: RecordTransaction) => Promise<Result>,
    decided?: (read: ReadRecord) => Result | undefined,
  ): Promise<Result> {
    const { id } = task.envelope;
    const look = async () => decided?.(readingOf(await this.#documents.readRecord(id)));
    // The client's own pauses are real time, too.
    const early = new EarlyLook(look, { clock: systemClock });
    let last: { readonly writes: Writes; readonly result: Result } | undefined;
    const run = async (transaction: Transaction): Promise<Result> => {
      last = undefined;
      let writes: Writes = {};
      const snapshot = await transaction.get(this.#documents.record(id));
      const write = (transition: Transition): void => {
        writes = this.#writes(transition, task, snapshot);
        this.#documents.stage(transaction, writes, id);
      };
      const result = await body({ ...readingOf(snapshot), transaction: guardWrites(transaction), write });
      last = { writes, result };
      return result;
    };
    const running = this.#documents.db.runTransaction((transaction) =>
      early.watch(transaction, () => run(transaction)),
    );
    try {
      return await Promise.race([this.#documents.track(running), early.found]);
    } catch (error) {
      if (last && isKept(last.writes, error)) return last.result;
      throw error;
    } finally {
      early.end();
    }
  }

  /**
   * Finds a task's record. An expired record counts as missing, since Firestore may delete it late. Rejects with the
   * client's error.
   */
  async find(id: TaskId): Promise<TaskRecord | undefined> {
    return unexpired(await this.#documents.track(this.#documents.readRecord(id)));
  }

  /**
   * Reports a task's record, as `find` returns it, now and after each change. It uses a listener: one read, and one per
   * change. The client reconnects by itself after a broken stream. A reported error ends the listener.
   *
   * @returns a function that ends it. Until then the client can't be closed.
   */
  watch(id: TaskId, onRecord: (record: TaskRecord | undefined) => void, onError: (error: unknown) => void): () => void {
    return this.#documents.record(id).onSnapshot((snapshot) => {
      try {
        onRecord(unexpired(snapshot));
      } catch (error) {
        onError(error);
      }
    }, onError);
  }

  /** Reads a document that doesn't exist, to see whether Firestore responds. Rejects with the client's error. */
  async probe(): Promise<void> {
    await this.#documents.track(this.#documents.probe());
  }

  /** Counts work as in progress in the client until it settles. `close` waits for it. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    return this.#documents.track(work);
  }

  /** Closes the client; see `closeFirestore`. Pass the system clock, since this waits for real calls. */
  async close(clock: Clock): Promise<void> {
    await this.#documents.close(clock);
  }

  async #read(task: Task, untilMs: number): Promise<KnownRead> {
    const document = await this.#documents.readRecord(task.envelope.id);
    if (this.#clock.now() >= untilMs) throw new RecordStoreError("The record was read too late.", undefined);
    return document;
  }

  async #changeFrom<Decision extends Decided>(
    read: KnownRead,
    task: Task,
    decide: (read: ReadRecord) => Decision,
    detail: Detail,
  ): Promise<Changed<Decision>> {
    const decision = decide(readingOf(read));
    const before = read.updateTime;
    if (!decision.transition) return { ...decision, read, updateTime: before ?? null };
    const writes = this.#writes(decision.transition, task, read, detail);
    const written = await this.#documents.commit(task.envelope.id, writes, before ? { record: before } : {});
    return { ...decision, read, updateTime: written ?? before ?? null };
  }

  #writes(transition: Transition, task: Task, read: KnownRead | null, detail: Detail = "all"): Writes {
    const writes = writesOf(transition, task, { before: read?.data() ?? null, nowMs: this.#clock.now(), detail });
    if (writes.entries) task.onEntries?.(writes.entries.map(({ id }) => id));
    return writes;
  }
}

/** Does the same as `transact`, but writes no record: for tests of handlers. */
export async function transactUnrecorded<Result>(
  db: Firestore,
  id: TaskId,
  body: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  return await db.runTransaction(async (transaction) => {
    await transaction.get(db.collection(TASK_RECORDS).doc(id));
    return await body(guardWrites(transaction));
  });
}

function unexpired(document: KnownRead): TaskRecord | undefined {
  const { record, readTimeMs } = readingOf(document);
  return record && record.expireAt.toMillis() > readTimeMs ? record : undefined;
}
