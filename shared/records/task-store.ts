import type {
  DocumentData,
  DocumentReference,
  DocumentSnapshot,
  Firestore,
  Precondition,
  Timestamp,
  Transaction,
  UpdateData,
} from "@google-cloud/firestore";
import type { TaskId } from "../contract/task-id.ts";
import { RECORD_STORE_DEADLINE_MS } from "../contract/queues.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeadlineError, withDeadline } from "../runtime/deadline.ts";
import { isError, propertyOf } from "../process/thrown.ts";
import { PendingCalls, closeFirestore } from "../runtime/pending-calls.ts";
import { DEAD_LETTERS } from "./dead-letter.ts";
import { guardWrites } from "../runtime/guarded-transaction.ts";
import { TASK_RECORDS, type TaskRecord, parseTaskRecord } from "./task-record.ts";
import {
  type Detail,
  type Fields,
  type Task,
  type Transition,
  type Writes,
  detailAfter,
  writesOf,
} from "./transition.ts";

/** How often to read a record and decide before giving up with the last error. */
const MOST_TRIES = 5;

/** Statuses that a retry can't help: PERMISSION_DENIED, UNIMPLEMENTED. */
const LASTING = new Set([7, 12]);

/** No task has this id, so a read finds nothing. */
const PROBED_DOCUMENT = "readiness";

/** Firestore returned an error or didn't respond in time. What was sent may still have taken effect. */
export class RecordStoreError extends Error {
  readonly code = "RECORD_STORE";
  /** The gRPC status that Firestore responded with; undefined if it didn't respond in time. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** A task's record as it was read, and the time of the read by Firestore's clock. */
export interface ReadRecord {
  readonly record: TaskRecord | null;
  readonly readTimeMs: number;
}

/** What a decision tells the store: what to write, or null for nothing. */
export interface Decided {
  readonly transition: Transition | null;
}

/** A Firestore transaction that has read, and so locked, a task's record. */
export interface RecordTransaction extends ReadRecord {
  /** The handler's own reads and writes go through this. */
  readonly transaction: Transaction;
  /** Adds a transition to the transaction's commit. */
  readonly write: (transition: Transition) => void;
}

/** The only code that writes task records and dead letters. */
export class TaskStore {
  readonly #db: Firestore;
  readonly #clock: Clock;
  readonly #calls = new PendingCalls();

  constructor({ db, clock }: { readonly db: Firestore; readonly clock: Clock }) {
    this.#db = db;
    this.#clock = clock;
  }

  /**
   * When a step of a delivery that begins now must be over, in milliseconds since the epoch. Claiming is one step,
   * settling another, however many calls each takes. A step may take `RECORD_STORE_DEADLINE_MS`.
   */
  stepUntilMs(): number {
    return this.#clock.now() + RECORD_STORE_DEADLINE_MS;
  }

  /**
   * Makes store calls, and waits no longer than their step lasts. The client alone would keep trying for 25 s when
   * Firestore is unreachable. It can't be cancelled, so a call that was given up can still take effect.
   *
   * @throws RecordStoreError when Firestore fails, or the step is over.
   */
  async within<Result>(untilMs: number, call: () => Promise<Result>): Promise<Result> {
    const deadline = { clock: this.#clock, timeoutMs: untilMs - this.#clock.now() };
    try {
      return await withDeadline(deadline, () => this.#calls.track(call()));
    } catch (error) {
      if (error instanceof DeadlineError) {
        throw new RecordStoreError(`Firestore did not respond within ${RECORD_STORE_DEADLINE_MS} ms.`, undefined);
      }
      if (!isFirestoreError(error)) throw error;
      throw new RecordStoreError(`Firestore responded with status ${error.code}.`, error.code, { cause: error });
    }
  }

  /**
   * Writes a task's first record, provided that there is none: one commit, no read.
   *
   * @returns its update time; undefined if only a read can tell whose the record is.
   */
  async create(task: Task, transition: Transition): Promise<Timestamp | undefined> {
    try {
      return await this.#commit(task, this.#writes(transition, task, null), {});
    } catch (error) {
      // ALREADY_EXISTS may mean that the client retried a commit whose response was lost. So may other errors.
      if (isFirestoreError(error)) return undefined;
      throw error;
    }
  }

  /**
   * Ends an attempt whose claim was committed at `updateTime`, provided that nobody has written since: one commit, no
   * read.
   *
   * @returns false if only a read can tell whether it was written.
   * @throws RecordStoreError when Firestore did not respond within the step.
   */
  async settle(
    task: Task,
    transition: Transition,
    { updateTime, untilMs }: { readonly updateTime: Timestamp; readonly untilMs: number },
  ): Promise<boolean> {
    const writes = this.#writes(transition, task, null);
    try {
      await this.within(untilMs, () => this.#commit(task, writes, { lastUpdateTime: updateTime }));
      return true;
    } catch (error) {
      // A failed precondition may mean that the client retried a commit whose response was lost. Only a read can tell.
      if (error instanceof RecordStoreError && error.status !== undefined) return false;
      throw error;
    }
  }

  /**
   * Reads a task's record, decides, and writes, provided that the record hasn't changed since the read. `decide` runs
   * again if that fails or the result is unknown, so it must recognise what an earlier call of it has written.
   *
   *     read ──▶ decide ──▶ commit, if the record is as read ──ok──▶ done
   *      ▲                         └── refused, or unclear ──┐
   *      └───────────────────────────────────────────────────┘
   *
   * This deliberately isn't a transaction: a transaction that reads locks the record, and if the response to its read
   * is lost, nobody can end it. For a minute (https://cloud.google.com/firestore/docs/transaction-data-contention) no
   * attempt could record its end, not even the transaction's own, while leases run out.
   *
   * What Firestore refuses to store is written with less detail: if an end weren't durable, its handler would run again.
   *
   * @param untilMs the end of a step. After that, nothing is retried or written: the delivery already has its response,
   * and other attempts carry on from there. Default: never.
   * @returns the decision, and when the record was last written: by this change or, if it wrote nothing, before. Null
   * if there is no record.
   * @throws the client's error when the last try fails, or a RecordStoreError when the step is over.
   */
  async change<Decision extends Decided>(
    task: Task,
    decide: (read: ReadRecord) => Decision,
    untilMs = Number.POSITIVE_INFINITY,
  ): Promise<Decision & { readonly updateTime: Timestamp | null }> {
    let detail: Detail | undefined = "all";
    let decided: Decision | undefined;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#changeOnce(task, (read) => (decided = decide(read)), untilMs, detail);
      } catch (error) {
        const isFinal = tries === MOST_TRIES || !isFirestoreError(error) || LASTING.has(error.code);
        if (isFinal || this.#clock.now() >= untilMs) throw error;
        detail = detailAfter(error.code, { detail, triesLeft: MOST_TRIES - tries, transition: decided?.transition });
        if (!detail) throw error;
      }
    }
  }

  /**
   * Runs `body` in a Firestore transaction that has read the task's record. Everything it writes, including the
   * record's transition, is one commit. The client may run it again, after contention or a commit whose response was
   * lost.
   *
   * @throws the client's last error.
   */
  transact<Result>(task: Task, body: (on: RecordTransaction) => Promise<Result>): Promise<Result> {
    const running = this.#db.runTransaction(async (transaction) => {
      const snapshot = await transaction.get(this.#record(task.envelope.id));
      const write = (transition: Transition): void => {
        this.#stage(transaction, this.#writes(transition, task, snapshot), { task, isLocked: true });
      };
      return await body({ ...readingOf(snapshot), transaction: guardWrites(transaction), write });
    });
    return this.#calls.track(running);
  }

  /**
   * Finds a task's record. An expired record counts as missing, since Firestore may delete it late. Rejects with the
   * client's error.
   */
  async find(id: TaskId): Promise<TaskRecord | undefined> {
    const snapshot = await this.#calls.track(this.#record(id).get());
    const { record, readTimeMs } = readingOf(snapshot);
    return record && record.expireAt.toMillis() > readTimeMs ? record : undefined;
  }

  /** Reads a record that doesn't exist, to see whether Firestore responds. Rejects with the client's error. */
  async probe(): Promise<void> {
    await this.#calls.track(this.#record(PROBED_DOCUMENT).get());
  }

  /** Counts work as in progress in the client until it settles. `close` waits for it. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    return this.#calls.track(work);
  }

  /** Closes the client; see `closeFirestore`. Pass the system clock, since this waits for real calls. */
  async close(clock: Clock): Promise<void> {
    await closeFirestore(this.#db, { calls: this.#calls, clock });
  }

  async #changeOnce<Decision extends Decided>(
    task: Task,
    decide: (read: ReadRecord) => Decision,
    untilMs: number,
    detail: Detail,
  ): Promise<Decision & { readonly updateTime: Timestamp | null }> {
    const snapshot = await this.#record(task.envelope.id).get();
    if (this.#clock.now() >= untilMs) throw new RecordStoreError("The record was read too late.", undefined);
    const decision = decide(readingOf(snapshot));
    const before = snapshot.updateTime;
    if (!decision.transition) return { ...decision, updateTime: before ?? null };
    const writes = this.#writes(decision.transition, task, snapshot, detail);
    const written = await this.#commit(task, writes, before ? { lastUpdateTime: before } : {});
    return { ...decision, updateTime: written ?? before ?? null };
  }

  #record(id: string) {
    return this.#db.collection(TASK_RECORDS).doc(id);
  }

  #writes(transition: Transition, task: Task, read: DocumentSnapshot | null, detail: Detail = "all"): Writes {
    return writesOf(transition, task, { before: read?.data() ?? null, nowMs: this.#clock.now(), detail });
  }

  /** Resolves with the commit's time. */
  async #commit(task: Task, writes: Writes, condition: Condition): Promise<Timestamp | undefined> {
    const batch = this.#db.batch();
    this.#stage(batch, writes, { task, ...condition });
    const [first] = await batch.commit();
    return first?.writeTime;
  }

  #stage(
    to: Writer,
    { record, letter }: Writes,
    on: { readonly task: Task; readonly isLocked?: true } & Condition,
  ): void {
    const ref = this.#record(on.task.envelope.id);
    if (record?.kind === "update") {
      if (on.lastUpdateTime) to.update(ref, record.fields, { lastUpdateTime: on.lastUpdateTime });
      else to.update(ref, record.fields);
    } else if (record) {
      if (on.isLocked) to.set(ref, record.fields);
      else to.create(ref, record.fields);
    }
    if (letter) to.set(this.#db.collection(DEAD_LETTERS).doc(letter.id), letter.fields);
  }
}

/** What a batch and a transaction have in common. */
interface Writer {
  create(ref: DocumentReference, fields: Fields): unknown;
  set(ref: DocumentReference, fields: DocumentData): unknown;
  update(ref: DocumentReference, fields: UpdateData<DocumentData>, condition?: Precondition): unknown;
}

/** The record must be unchanged since this update time. Doesn't apply when the record isn't written. */
interface Condition {
  readonly lastUpdateTime?: Timestamp;
}

function readingOf(snapshot: DocumentSnapshot): ReadRecord {
  const record = snapshot.exists ? parseTaskRecord(snapshot.data()) : null;
  return { record, readTimeMs: snapshot.readTime.toMillis() };
}

/** Whether an error is from Firestore's client: its errors have a gRPC status. A DOMException's number is another kind. */
export function isFirestoreError(error: unknown): error is Error & { code: number } {
  if (!isError(error) || error instanceof DOMException) return false;
  return typeof propertyOf(error, "code") === "number";
}
