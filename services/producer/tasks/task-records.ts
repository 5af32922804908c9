import type { TaskRecord } from "../../../shared/records/task-record.ts";
import { type TaskStore, isFirestoreError } from "../../../shared/records/task-store.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { type Deadline, DeadlineError, withDeadline } from "../../../shared/runtime/deadline.ts";
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

/** The records in the store, with a deadline for each read. */
export function createTaskRecords(store: TaskStore): TaskRecords {
  return {
    find: (id, deadline) => ask(deadline, () => store.find(id)),
    probe: (deadline) => ask(deadline, () => store.probe()),
  };
}

async function ask<Result>(deadline: Deadline, read: () => Promise<Result>): Promise<Result> {
  try {
    return await withDeadline(deadline, read);
  } catch (error) {
    if (error instanceof DeadlineError || isFirestoreError(error)) throw new DependencyError("firestore", error);
    throw error;
  }
}
