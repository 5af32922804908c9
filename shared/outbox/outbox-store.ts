import { type DocumentSnapshot, Timestamp } from "@google-cloud/firestore";
import type { TaskId } from "../contract/task-id.ts";
import type { Detail } from "../records/detail.ts";
import type { Documents } from "../records/documents.ts";
import { type KnownRead, type ReadRecord, readingOf } from "../records/read-record.ts";
import { RecordStoreError } from "../records/record-store-error.ts";
import type { Task, Transition } from "../records/transition.ts";
import { writesOf } from "../records/writes.ts";
import { shardOf } from "./entry.ts";
import { entriesDueBy, entriesOf, firstEntry } from "./outbox-queries.ts";

/** Statuses of a write on condition that documents are as they were read: NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION. */
const CHANGED_SINCE = new Set([5, 6, 9]);

/** INVALID_ARGUMENT. */
const REFUSED = 3;

/** An entry's document, as it was read. */
export type EntryDocument = DocumentSnapshot;

/** What a list tells of an entry. Times are in milliseconds since the epoch, by Firestore's clock. */
export interface ListedEntry {
  readonly id: string;
  readonly createdAtMs: number;
}

interface FirstEntry extends ListedEntry {
  /** Whether it says when to relay it. */
  readonly isTimed: boolean;
}

/** What a commit is about, as it was read. */
interface CommitOn {
  readonly task: Task;
  readonly entry: EntryDocument;
  readonly record: KnownRead | null;
  readonly untilMs: number;
}

/**
 * The entries of the outbox, as the relay reads, postpones and deletes them. Each method gives up at `untilMs`, in
 * milliseconds since the epoch, with a RecordStoreError, as it does when Firestore fails. What was given up can still take
 * effect.
 */
export class OutboxStore {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** The name of the entries' collection, which stands at the root of the database. */
  get collection(): string {
    return this.#documents.entries().id;
  }

  /** An entry, which may not exist. */
  read(id: string, untilMs: number): Promise<EntryDocument> {
    return this.#documents.within(untilMs, () => this.#documents.entries().doc(id).get());
  }

  /** A page of the entries that should have been relayed by a time, the oldest first: when each was created, by its id. */
  async due(byMs: number, untilMs: number): Promise<readonly ListedEntry[]> {
    const query = entriesDueBy(this.#documents.entries(), Timestamp.fromMillis(byMs));
    const { docs } = await this.#documents.within(untilMs, () => query.get());
    return docs.map(({ id, createTime }) => ({ id, createdAtMs: createTime.toMillis() }));
  }

  /** The entry that is due first, if there is any, and Firestore's time. In milliseconds since the epoch. */
  async first(untilMs: number): Promise<{ readonly entry: FirstEntry | undefined; readonly readTimeMs: number }> {
    const found = await this.#documents.within(untilMs, () => firstEntry(this.#documents.entries()).get());
    const readTimeMs = found.readTime.toMillis();
    const [entry] = found.docs;
    if (!entry) return { entry: undefined, readTimeMs };
    const isTimed = entry.get("relayAt") instanceof Timestamp;
    return { entry: { id: entry.id, createdAtMs: entry.createTime.toMillis(), isTimed }, readTimeMs };
  }

  /** The entries of a task: of its first hop, of a later one, and of others that claim its id. */
  async ofTask(id: TaskId, untilMs: number): Promise<readonly EntryDocument[]> {
    const { docs } = await this.#documents.within(untilMs, () => entriesOf(this.#documents.entries(), id).get());
    return docs;
  }

  /** Deletes an entry, provided that it is as it was read. False if it isn't. */
  remove(entry: EntryDocument, untilMs: number): Promise<boolean> {
    return this.#unlessChanged(untilMs, () => entry.ref.delete({ ...this.#asRead(entry) }));
  }

  /**
   * Puts an entry off, provided that it is as it was read. False if it isn't. From then on the sweep finds it, whatever the
   * entry lacked before.
   */
  postpone(entry: EntryDocument, to: { readonly atMs: number; readonly tries: number }, untilMs: number) {
    const fields = { shard: shardOf(entry.id), relayAt: Timestamp.fromMillis(to.atMs), tries: to.tries };
    return this.#unlessChanged(untilMs, () => entry.ref.update(fields, this.#asRead(entry)));
  }

  /** The record of a task as the relay needs it, with what a write needs to be conditional on that. */
  async readRecord(id: TaskId, untilMs: number): Promise<ReadRecord & { readonly document: KnownRead }> {
    const document = await this.#documents.within(untilMs, () => this.#documents.readRecord(id));
    return { ...readingOf(document), document };
  }

  /**
   * Writes what became of an entry, provided that neither it nor the task's record has changed since they were read. If
   * Firestore refuses a letter, as one that is too large, it is written without its payload.
   *
   * @returns false if one of them has.
   */
  async commit(transition: Extract<Transition, { kind: "refuseEntry" | "renew" }>, on: CommitOn): Promise<boolean> {
    try {
      return await this.#commit(transition, on, "all");
    } catch (error) {
      const isRefused = error instanceof RecordStoreError && error.status === REFUSED;
      if (!isRefused || transition.kind !== "refuseEntry") throw error;
      return await this.#commit(transition, on, "no-payload");
    }
  }

  #commit(transition: Transition, { task, entry, record, untilMs }: CommitOn, detail: Detail): Promise<boolean> {
    const before = record?.data() ?? null;
    const writes = writesOf(transition, task, { before, nowMs: this.#documents.clock.now(), detail });
    const conditions = { record: record?.updateTime, entry: entry.updateTime };
    return this.#unlessChanged(untilMs, () => this.#documents.commit(task.envelope.id, writes, conditions));
  }

  #asRead({ updateTime }: EntryDocument) {
    return updateTime ? { lastUpdateTime: updateTime } : {};
  }

  async #unlessChanged(untilMs: number, write: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.#documents.within(untilMs, write);
      return true;
    } catch (error) {
      if (error instanceof RecordStoreError && CHANGED_SINCE.has(error.status ?? 0)) return false;
      throw error;
    }
  }
}
