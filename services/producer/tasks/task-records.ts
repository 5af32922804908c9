import type { Firestore } from "@google-cloud/firestore";
import { TASK_RECORDS, type TaskRecord, parseTaskRecord } from "../../../shared/records/task-record.ts";
import type { PendingCalls } from "../../../shared/runtime/pending-calls.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { type Deadline, withDeadline } from "../../../shared/runtime/deadline.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";

/** The workers' records, which the producer only reads. */
export interface TaskRecords {
  /**
   * The record of a task; one that has expired counts as none, since its deletion may be late.
   *
   * @throws DependencyError when Firestore doesn't say.
   */
  find(id: TaskId, deadline: Deadline): Promise<TaskRecord | undefined>;
  /**
   * Asks whether the records can be reached.
   *
   * @throws DependencyError when they can't.
   */
  probe(deadline: Deadline): Promise<void>;
}

/** No task has this id, so reading it finds nothing. */
const PROBED_DOCUMENT = "readiness";

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
