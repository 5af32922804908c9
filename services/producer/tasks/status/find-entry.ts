import type { TaskId } from "../../../../shared/contract/task-id.ts";
import { type EntryRules, checkEntry } from "../../../../shared/outbox/check-entry.ts";
import type { StoredEntry } from "../../../../shared/outbox/entry.ts";
import type { EntryDocument, OutboxStore } from "../../../../shared/outbox/outbox-store.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";
import { RecordStoreError } from "../../../../shared/records/record-store-error.ts";
import { DependencyError } from "../../../../shared/runtime/dependency-error.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../../producer.ts";

/** A task's entry in the outbox, which has not been put into its queue yet. */
export interface WaitingEntry {
  readonly entry: StoredEntry;
  readonly payloadHash: string;
  /** When it was committed, by Firestore's clock, in milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** What finding an entry depends on. */
export interface EntryProducer extends Pick<Producer, "clock"> {
  readonly relay: { readonly outbox: Pick<OutboxStore, "ofTask">; readonly rules: EntryRules };
}

/** Which hop of a task an entry is looked for, and the task's record if there is one. */
interface Wanted {
  readonly id: TaskId;
  readonly hop: number;
  readonly record: TaskRecord | undefined;
}

/**
 * The entry of a task's hop, or of a later one; undefined if there is none. Whoever may write the database can write
 * entries: those that aren't what their id says, or not of this task, count for nothing.
 *
 * @throws DependencyError if Firestore fails.
 */
export async function findEntry(wanted: Wanted, { relay, clock }: EntryProducer): Promise<WaitingEntry | undefined> {
  const documents = await readEntries(wanted.id, { relay, clock });
  const own = documents.flatMap((document) => readOwn(document, wanted, relay.rules));
  // Of two with the same id, the older one will be relayed, and the other is a conflict.
  return own.toSorted((a, b) => b.entry.hop - a.entry.hop || a.sinceMs - b.sinceMs)[0];
}

async function readEntries(id: TaskId, { relay, clock }: EntryProducer): Promise<readonly EntryDocument[]> {
  try {
    return await relay.outbox.ofTask(id, clock.now() + LOOK_UP_TIMEOUT_MS);
  } catch (error) {
    if (error instanceof RecordStoreError) throw new DependencyError("firestore", error);
    throw error;
  }
}

function readOwn(document: EntryDocument, { hop, record }: Wanted, rules: EntryRules): WaitingEntry[] {
  const checked = checkEntry(document, rules);
  const isOwn = checked.kind !== "refused" || checked.refusal.kind === "unacceptable";
  const { entry, payloadHash } = checked;
  if (!isOwn || !entry || payloadHash === undefined) return [];
  if (entry.hop < hop || (record && record.payloadHash !== payloadHash)) return [];
  return [{ entry, payloadHash, sinceMs: document.createTime?.toMillis() ?? document.readTime.toMillis() }];
}
