import type { DocumentReference, Firestore, Timestamp } from "@google-cloud/firestore";
import type { Envelope } from "../../shared/envelope.ts";
import { isFirestoreError } from "./record-store.ts";
import { type ReadRecord, type RecordWriter, readingOf, recordRef } from "./record-writes.ts";

/** How often a record is read and decided on before the last error stands. */
const MOST_TRIES = 5;

/** What trying again can't help: INVALID_ARGUMENT, PERMISSION_DENIED, UNIMPLEMENTED. */
const LASTING = new Set([3, 7, 12]);

/** What was decided, and when the record was written last: by this change or, if it wrote nothing, before. */
export interface RecordChange<Decision> {
  readonly decision: Decision;
  readonly updateTime: Timestamp | null;
}

/**
 * Reads a task's record, decides, and writes on condition that the record is still as it was read. `decide` runs again
 * when that fails or nobody can tell, so it must recognise what an earlier run has written.
 *
 *     read ──▶ decide ──▶ commit, if the record is as read ──ok──▶ done
 *      ▲                         └── refused, or unclear ──┐
 *      └───────────────────────────────────────────────────┘
 *
 * It is no transaction on purpose: one that reads locks the record, and when the answer of its read is lost, nobody can
 * end it. For a minute (https://cloud.google.com/firestore/docs/transaction-data-contention) no attempt could record its
 * end, its own included, while leases run out.
 *
 * Rejects with the client's error when the last try fails.
 */
export async function changeRecord<Decision>(
  { db, envelope }: { db: Firestore; envelope: Envelope },
  decide: (read: ReadRecord, writer: RecordWriter) => Decision,
): Promise<RecordChange<Decision>> {
  for (let tries = 1; ; tries++) {
    try {
      return await changeOnce(db, recordRef(db, envelope), decide);
    } catch (error) {
      if (tries === MOST_TRIES || !isFirestoreError(error) || LASTING.has(error.code)) throw error;
    }
  }
}

async function changeOnce<Decision>(
  db: Firestore,
  ref: DocumentReference,
  decide: (read: ReadRecord, writer: RecordWriter) => Decision,
): Promise<RecordChange<Decision>> {
  const snapshot = await ref.get();
  const lastUpdateTime = snapshot.updateTime;
  const batch = db.batch();
  let writes = 0;
  const decision = decide(readingOf(snapshot), {
    create: (ref, document) => void (writes++, batch.create(ref, document)),
    set: (ref, document) => void (writes++, batch.set(ref, document)),
    update: (ref, fields) => void (writes++, batch.update(ref, fields, lastUpdateTime ? { lastUpdateTime } : {})),
  });
  if (writes === 0) return { decision, updateTime: lastUpdateTime ?? null };
  const [first] = await batch.commit();
  return { decision, updateTime: first?.writeTime ?? null };
}
