import type { DocumentReference, Timestamp } from "@google-cloud/firestore";
import type { TaskId } from "../contract/task-id.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeadlineError, withDeadline } from "../runtime/deadline.ts";
import { PendingCalls, closeFirestore } from "../runtime/pending-calls.ts";
import { prefixedCollections } from "./collections.ts";
import { RecordStoreError, isFirestoreError } from "./record-store-error.ts";
import { CommitWrites } from "./wire/commit-writes.ts";
import type { RecordDatabase } from "./wire/record-database.ts";
import type { StoredDocument } from "./wire/stored-document.ts";
import type { Writer, Writes } from "./writes.ts";

/** No letter has this id, so the read finds nothing. */
const PROBED_DOCUMENT = "readiness";

/** ALREADY_EXISTS. */
const ALREADY_EXISTS = 6;

/** What must be unchanged since it was read. A condition on a document that isn't written has no effect. */
export interface Conditions {
  readonly record?: Timestamp | undefined;
  readonly letter?: Timestamp | undefined;
  /** On the entry that is deleted, if it is the only one. */
  readonly entry?: Timestamp | undefined;
}

/** Handoff's documents in a database: their locations, the deadlines of calls to them, and the commit of writes. */
export class Documents {
  readonly db: RecordDatabase;
  readonly clock: Clock;
  readonly #names;
  readonly #calls = new PendingCalls();

  /** @param options.collectionPrefix the prefix of the collections' names. Default: none. */
  constructor(options: { readonly db: RecordDatabase; readonly clock: Clock; readonly collectionPrefix?: string }) {
    this.db = options.db;
    this.clock = options.clock;
    this.#names = prefixedCollections(options.collectionPrefix ?? "");
  }

  record(id: TaskId): DocumentReference {
    return this.db.collection(this.#names.taskRecords).doc(id);
  }

  /** Reads a task's record, which may not exist. Rejects with the client's error. */
  readRecord(id: TaskId): Promise<StoredDocument> {
    return this.db.calls.read(this.db.calls.nameOf(this.#names.taskRecords, id));
  }

  /** Reads a document that doesn't exist, to see whether Firestore responds. Rejects with the client's error. */
  async probe(): Promise<void> {
    await this.db.calls.read(this.db.calls.nameOf(this.#names.deadLetters, PROBED_DOCUMENT));
  }

  letters() {
    return this.db.collection(this.#names.deadLetters);
  }

  entries() {
    return this.db.collection(this.#names.taskOutbox);
  }

  schedules() {
    return this.db.collection(this.#names.taskSchedules);
  }

  /**
   * Makes calls and waits for them until `untilMs` at most, in milliseconds since the epoch. The client alone would
   * keep trying for 25 s when Firestore is unreachable. Its calls can't be cancelled, so a call may still take effect
   * after this gives up.
   *
   * @throws RecordStoreError when Firestore fails or time is up.
   */
  async within<Result>(untilMs: number, call: () => Promise<Result>): Promise<Result> {
    const deadline = { clock: this.clock, timeoutMs: untilMs - this.clock.now() };
    try {
      return await withDeadline(deadline, () => this.track(call()));
    } catch (error) {
      if (error instanceof DeadlineError) {
        throw new RecordStoreError("Firestore did not respond in time.", undefined);
      }
      if (!isFirestoreError(error)) throw error;
      throw new RecordStoreError(`Firestore responded with status ${error.code}.`, error.code, { cause: error });
    }
  }

  /** Counts work as in progress in the client until it settles. `close` waits for it. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    return this.#calls.track(work);
  }

  /** Closes the client; see `closeFirestore`. Pass the system clock, since this waits for real calls. */
  async close(clock: Clock): Promise<void> {
    await closeFirestore(this.db, { calls: this.#calls, clock });
  }

  /**
   * Writes documents in one commit. Rejects with the client's error.
   *
   * @returns the commit's time; undefined if there was nothing to write.
   */
  async commit(id: TaskId, writes: Writes, conditions: Conditions): Promise<Timestamp | undefined> {
    const staged = new CommitWrites();
    this.#stage(staged, (collection, name) => this.db.calls.nameOf(collection, name), writes, { id, conditions });
    try {
      return await this.db.calls.commit(staged.writes);
    } catch (error) {
      if (!isKept(writes, error)) throw error;
      const { dropped = [] } = writes;
      return dropped.length > 0 ? await this.commit(id, { dropped }, conditions) : undefined;
    }
  }

  /** Adds writes to a transaction that has read, and so locked, the record with this id. */
  stage(to: Writer<DocumentReference>, writes: Writes, id: TaskId): void {
    this.#stage(to, (collection, name) => this.db.collection(collection).doc(name), writes, { id, isLocked: true });
  }

  /** A locked record needs no condition. */
  #stage<Ref>(
    to: Writer<Ref>,
    refTo: (collection: string, name: string) => Ref,
    { record, letter, entries = [], dropped = [] }: Writes,
    on: { readonly id: TaskId; readonly conditions?: Conditions; readonly isLocked?: true },
  ): void {
    const { conditions = {} } = on;
    const { taskRecords, deadLetters, taskOutbox } = this.#names;
    if (record) {
      const ref = refTo(taskRecords, on.id);
      if (record.kind === "update") update(to, ref, record.fields, conditions.record);
      else if (on.isLocked) to.set(ref, record.fields);
      else to.create(ref, record.fields);
    }
    if (letter) {
      const ref = refTo(deadLetters, letter.id);
      if (letter.kind === "update") update(to, ref, letter.fields, conditions.letter);
      else if (letter.kind === "create") to.create(ref, letter.fields);
      else to.set(ref, letter.fields, { merge: true });
    }
    for (const { id, fields } of entries) to.set(refTo(taskOutbox, id), fields);
    for (const id of dropped) {
      const ref = refTo(taskOutbox, id);
      if (conditions.entry) to.delete(ref, { lastUpdateTime: conditions.entry });
      else to.delete(ref);
    }
  }
}

/** Whether a commit's only letter exists already. It isn't written again: somebody may have replayed it. */
export function isKept({ record, letter }: Writes, error: unknown): boolean {
  return !record && letter?.kind === "create" && isFirestoreError(error) && error.code === ALREADY_EXISTS;
}

function update<Ref>(to: Writer<Ref>, ref: Ref, fields: object, lastUpdateTime: Timestamp | undefined): void {
  if (lastUpdateTime) to.update(ref, { ...fields }, { lastUpdateTime });
  else to.update(ref, { ...fields });
}
