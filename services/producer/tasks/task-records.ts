import type { Firestore } from "@google-cloud/firestore";
import { TASK_RECORDS, type TaskRecord, parseTaskRecord } from "../../../shared/records/task-record.ts";
import type { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { type Deadline, withDeadline } from "../../../shared/runtime/deadline.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";

/** The records that workers write. The producer only reads them. */
export interface TaskRecords {
  /**
   * The record of a task. An expired one counts as none, since Firestore may delete it late.
   *
   * @throws DependencyError if Firestore fails.
   */
  find(id: TaskId, deadline: Deadline): Promise<TaskRecord | undefined>;
  /**
   * Checks that the records can be reached.
   *
   * @throws DependencyError if they can't.
   */
  probe(deadline: Deadline): Promise<void>;
}

/** Not a task's id, so reading it finds nothing. */
const PROBED_DOCUMENT = "readiness";

/** The records in Firestore. `calls` keeps track of reads that nobody waits for any more. */
export function createTaskRecords(firestore: Firestore, calls: PendingCalls): TaskRecords {
  const read = async (id: string, deadline: Deadline) => {
    try {
      return await withDeadline(deadline, () => calls.track(firestore.collection(TASK_RECORDS).doc(id).get()));
    } catch (error) {
      throw new DependencyError("firestore", error);
    }
  };
  return {
    async find(id, deadline) {
      const snapshot = await read(id, deadline);
      if (!snapshot.exists) return undefined;
      const record = parseTaskRecord(snapshot.data());
      return record.expireAt.toMillis() > snapshot.readTime.toMillis() ? record : undefined;
    },
    async probe(deadline) {
      await read(PROBED_DOCUMENT, deadline);
    },
  };
}
