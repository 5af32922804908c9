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

/** Statuses of a conditional write after a change: NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION. */
const CHANGED_SINCE = new Set([5, 6, 9]);

/** INVALID_ARGUMENT. */
const REFUSED = 3;

/** An entry's document, as it was read. */
export type EntryDocument = DocumentSnapshot;

/** An entry in a list. Times are in milliseconds since the epoch, by Firestore's clock. */
export interface ListedEntry {
  readonly id: string;
  readonly createdAtMs: number;
}

interface FirstEntry extends ListedEntry {
  /** Whether its `relayAt` is a time. */
  readonly isTimed: boolean;
}

/** The documents that a commit depends on, as they were read. */
interface CommitOn {
  readonly task: Task;
  readonly entry: EntryDocument;
  readonly record: KnownRead | null;
  readonly untilMs: number;
}

/**
 * The outbox's entries, for the relay to read, postpone and delete. Each method gives up at `untilMs`, in milliseconds
 * since the epoch, with a RecordStoreError. It throws the same when Firestore fails. A call may still take effect after
 * its method gave up.
 */
export class OutboxStore {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** The name of the entries' collection, at the root of the database. */
  get collection(): string {
    return this.#documents.entries().id;
  }

  /** Reads an entry, which may not exist. */
  read(id: string, untilMs: number): Promise<EntryDocument> {
    return this.#documents.within(untilMs, () => this.#documents.entries().doc(id).get());
  }

  /** A page of the entries that should have been relayed by a time, the oldest first. */
  async due(byMs: number, untilMs: number): Promise<readonly ListedEntry[]> {
    const query = entriesDueBy(this.#documents.entries(), Timestamp.fromMillis(byMs));
    const { docs } = await this.#documents.within(untilMs, () => query.get());
    return docs.map(({ id, createTime }) => ({ id, createdAtMs: createTime.toMillis() }));
  }

  /** The entry that is due first, if there is one, and Firestore's time in milliseconds since the epoch. */
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

  /** Deletes an entry, provided that it hasn't changed since it was read. False if it has. */
  remove(entry: EntryDocument, untilMs: number): Promise<boolean> {
    return this.#unlessChanged(untilMs, () => entry.ref.delete({ ...this.#asRead(entry) }));
  }

  /**
   * Postpones an entry, provided that it hasn't changed since it was read. False if it has. From then on the sweep
   * finds it, whatever fields it lacked before.
   */
  postpone(entry: EntryDocument, to: { readonly atMs: number; readonly tries: number }, untilMs: number) {
    const fields = { shard: shardOf(entry.id), relayAt: Timestamp.fromMillis(to.atMs), tries: to.tries };
    return this.#unlessChanged(untilMs, () => entry.ref.update(fields, this.#asRead(entry)));
  }

  /** A task's record as the relay needs it, and what a conditional write needs. */
  async readRecord(id: TaskId, untilMs: number): Promise<ReadRecord & { readonly document: KnownRead }> {
    const document = await this.#documents.within(untilMs, () => this.#documents.readRecord(id));
    return { ...readingOf(document), document };
  }

  /**
   * Writes a decision about an entry, provided that neither the entry nor the task's record has changed since they were
   * read. If Firestore refuses a letter, for example as too large, it is written without its payload.
   *
   * @returns false if one of them has changed.
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
