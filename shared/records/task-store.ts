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
import { PendingCalls, closeFirestore } from "../runtime/pending-calls.ts";
import { DEAD_LETTERS } from "./dead-letter.ts";
import { TASK_RECORDS, type TaskRecord, parseTaskRecord } from "./task-record.ts";
import { type Fields, type Task, type Transition, type Writes, writesOf } from "./transition.ts";

/** How often a record is read and decided on before the last error stands. */
const MOST_TRIES = 5;

/** What trying again can't help: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED. */
const LASTING = new Set([3, 7, 12]);

/** No task has this id, so reading it finds nothing. */
const PROBED_DOCUMENT = "readiness";

/** Firestore refused, or did not respond in time: what was sent may still have taken effect. */
export class RecordStoreError extends Error {
  readonly code = "RECORD_STORE";
  /** The gRPC status that Firestore responded with; undefined when it did not respond in time. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** A task's record as it was read, with Firestore's time of the read. */
export interface ReadRecord {
  readonly record: TaskRecord | null;
  readonly readTimeMs: number;
}

/** What a decision has to say to the store: what to write, or null for nothing. */
export interface Decided {
  readonly transition: Transition | null;
}

/** A Firestore transaction that has read, and so locked, a task's record. */
export interface RecordTransaction extends ReadRecord {
  /** The handler's own reads and writes go through it. */
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
   * When a step of a delivery that begins now must have ended, in milliseconds since the epoch: claiming is one, settling
   * another, however many calls it takes. It has `RECORD_STORE_DEADLINE_MS`.
   */
  stepUntilMs(): number {
    return this.#clock.now() + RECORD_STORE_DEADLINE_MS;
  }

  /**
   * Waits for calls of the store no longer than their step lasts. The client alone would go on for 25 s when Firestore
   * is away; it can't be told to stop, so a call that was given up can still take effect.
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
   * Writes a task's first record, on condition that there is none: one commit, no read.
   *
   * @returns its update time; undefined when only a read can tell whose the record is.
   */
  async create(task: Task, transition: Transition): Promise<Timestamp | undefined> {
    try {
      return await this.#commit(task, this.#writes(transition, task, null), {});
    } catch (error) {
      // ALREADY_EXISTS may be the client's own repetition of a commit whose response was lost, and so may others.
      if (isFirestoreError(error)) return undefined;
      throw error;
    }
  }

  /**
   * Ends an attempt whose claim was committed at `updateTime`: one commit, no read, if nobody has written since.
   *
   * @returns false when only a read can tell whether it was written.
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
      // A failed condition may be the client's own repetition of a commit whose response was lost: only a read tells.
      if (error instanceof RecordStoreError && error.status !== undefined) return false;
      throw error;
    }
  }

  /**
   * Reads a task's record, decides, and writes on condition that the record is still as it was read. `decide` runs again
   * when that fails or nobody can tell, so it must recognise what an earlier run of it has written.
   *
   *     read ──▶ decide ──▶ commit, if the record is as read ──ok──▶ done
   *      ▲                         └── refused, or unclear ──┐
   *      └───────────────────────────────────────────────────┘
   *
   * It is no transaction on purpose: one that reads locks the record, and when the response to its read is lost, nobody
   * can end it. For a minute (https://cloud.google.com/firestore/docs/transaction-data-contention) no attempt could
   * record its end, its own included, while leases run out.
   *
   * @param untilMs the end of a step: nothing is tried again or written once that is over, since its delivery has had its
   * response, and others go on from there. Default: never.
   * @returns what was decided, and when the record was written last: by this change or, if it wrote nothing, before. Null
   * when there is no record.
   * @throws the client's error when the last try fails, or a RecordStoreError when the step is over.
   */
  async change<Decision extends Decided>(
    task: Task,
    decide: (read: ReadRecord) => Decision,
    untilMs = Number.POSITIVE_INFINITY,
  ): Promise<Decision & { readonly updateTime: Timestamp | null }> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#changeOnce(task, decide, untilMs);
      } catch (error) {
        const isFinal = tries === MOST_TRIES || !isFirestoreError(error) || LASTING.has(error.code);
        if (isFinal || this.#clock.now() >= untilMs) throw error;
      }
    }
  }

  /**
   * Runs `body` in a Firestore transaction that has read the task's record: what it writes, the record's transition
   * included, is one commit. The client may run it again, after contention or a commit whose response was lost.
   *
   * @throws the client's last error.
   */
  transact<Result>(task: Task, body: (on: RecordTransaction) => Promise<Result>): Promise<Result> {
    const running = this.#db.runTransaction(async (transaction) => {
      const snapshot = await transaction.get(this.#record(task.envelope.id));
      const write = (transition: Transition): void => {
        this.#stage(transaction, this.#writes(transition, task, snapshot), { task, isLocked: true });
      };
      return await body({ ...readingOf(snapshot), transaction, write });
    });
    return this.#calls.track(running);
  }

  /** A task's record. One that has expired counts as none, since its deletion may be late. Rejects with the client's error. */
  async find(id: TaskId): Promise<TaskRecord | undefined> {
    const snapshot = await this.#calls.track(this.#record(id).get());
    const { record, readTimeMs } = readingOf(snapshot);
    return record && record.expireAt.toMillis() > readTimeMs ? record : undefined;
  }

  /** Reads a record that isn't there, to see whether Firestore responds. Rejects with the client's error. */
  async probe(): Promise<void> {
    await this.#calls.track(this.#record(PROBED_DOCUMENT).get());
  }

  /** Counts work as under way in the client until it settles: `close` waits for it. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    return this.#calls.track(work);
  }

  /** Closes the client; see `closeFirestore`. The clock is the system's: what is waited for are real calls. */
  async close(clock: Clock): Promise<void> {
    await closeFirestore(this.#db, { calls: this.#calls, clock });
  }

  async #changeOnce<Decision extends Decided>(
    task: Task,
    decide: (read: ReadRecord) => Decision,
    untilMs: number,
  ): Promise<Decision & { readonly updateTime: Timestamp | null }> {
    const snapshot = await this.#record(task.envelope.id).get();
    if (this.#clock.now() >= untilMs) throw new RecordStoreError("The record was read too late.", undefined);
    const decision = decide(readingOf(snapshot));
    const before = snapshot.updateTime;
    if (!decision.transition) return { ...decision, updateTime: before ?? null };
    const writes = this.#writes(decision.transition, task, snapshot);
    const written = await this.#commit(task, writes, before ? { lastUpdateTime: before } : {});
    return { ...decision, updateTime: written ?? before ?? null };
  }

  #record(id: string) {
    return this.#db.collection(TASK_RECORDS).doc(id);
  }

  #writes(transition: Transition, task: Task, read: DocumentSnapshot | null): Writes {
    return writesOf(transition, task, { before: read?.data() ?? null, nowMs: this.#clock.now() });
  }

  /** Resolves with the time of the commit. */
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

/** The record must be as it was when this was its update time. Where the record is not written, nothing is asked of it. */
interface Condition {
  readonly lastUpdateTime?: Timestamp;
}

function readingOf(snapshot: DocumentSnapshot): ReadRecord {
  const record = snapshot.exists ? parseTaskRecord(snapshot.data()) : null;
  return { record, readTimeMs: snapshot.readTime.toMillis() };
}

/** Errors of the client carry the number of a gRPC status. So do DOMExceptions, as of an aborted fetch, another number. */
export function isFirestoreError(error: unknown): error is Error & { code: number } {
  if (error instanceof DOMException) return false;
  return error instanceof Error && "code" in error && typeof error.code === "number";
}
