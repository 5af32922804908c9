import type { TaskRecord } from "../../../shared/records/task-record.ts";
import type { Changed, Decided, ReadRecord } from "../../../shared/records/read-record.ts";
import { RecordStoreError, isFirestoreError } from "../../../shared/records/record-store-error.ts";
import type { TaskStore } from "../../../shared/records/task-store.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import type { TaskId } from "../../../shared/contract/task-id.ts";
import { type Deadline, DeadlineError, withDeadline } from "../../../shared/runtime/deadline.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";

/** The records that workers write. The producer reads them, and cancels tasks in them. */
export interface TaskRecords {
  /**
   * The record of a task. An expired one counts as none, since Firestore may delete it late.
   *
   * @throws DependencyError if Firestore fails.
   */
  find(id: TaskId, deadline: Deadline): Promise<TaskRecord | undefined>;
  /**
   * Reports a task's record, and again after each change, until the returned function is called: one read, and one for
   * each change. After a failure, nothing more is reported.
   */
  watch(id: TaskId, watcher: RecordWatcher): () => void;
  /**
   * Reads a task's record, decides, and writes on condition that the record is as it was read; see `TaskStore.change`.
   *
   * @param timeoutMs how long that may take, in milliseconds.
   * @throws DependencyError if Firestore fails: then the change may or may not have been made.
   */
  change<Decision extends Decided>(
    envelope: Envelope,
    decide: (read: ReadRecord) => Decision,
    timeoutMs: number,
  ): Promise<Changed<Decision>>;
  /**
   * Checks that the records can be reached.
   *
   * @throws DependencyError if they can't.
   */
  probe(deadline: Deadline): Promise<void>;
}

/** Who follows a record. */
export interface RecordWatcher {
  /** Undefined if there is none. An expired one counts as none. */
  readonly onRecord: (record: TaskRecord | undefined) => void;
  readonly onFailure: (failure: DependencyError) => void;
}

/** The records in the store, with a deadline for each read. */
export function createTaskRecords(store: TaskStore): TaskRecords {
  return {
    find: (id, deadline) => ask(deadline, () => store.find(id)),
    watch: (id, { onRecord, onFailure }) =>
      store.watch(id, onRecord, (error) => onFailure(new DependencyError("firestore", error))),
    async change(envelope, decide, timeoutMs) {
      // The producer makes no claims and no dead letters.
      const task = { envelope, leaseMs: 0, deadLetterRetentionMs: 0 };
      const untilMs = store.stepUntilMs(timeoutMs);
      try {
        return await store.within(untilMs, () => store.change(task, decide, untilMs));
      } catch (error) {
        if (error instanceof RecordStoreError) throw new DependencyError("firestore", error);
        throw error;
      }
    },
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
