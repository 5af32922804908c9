import type { TaskId } from "../../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";
import { type Deadline, pause, withDeadline } from "../../../../shared/runtime/deadline.ts";
import { DependencyError } from "../../../../shared/runtime/dependency-error.ts";
import type { TaskRecords } from "../task-records.ts";

/** A task's record, which is read once and then followed until `stop`. */
export class RecordWatch {
  readonly #first = Promise.withResolvers<void>();
  readonly #stop: () => void;
  #record: TaskRecord | undefined;
  #failure: DependencyError | undefined;
  /** Resolves once there is something that nobody has looked at. */
  #news = Promise.withResolvers<void>();

  constructor(id: TaskId, records: Pick<TaskRecords, "watch">) {
    this.#stop = records.watch(id, {
      onRecord: (record) => {
        this.#record = record;
        this.#first.resolve();
        this.#news.resolve();
      },
      onFailure: (failure) => {
        this.#failure = failure;
        this.#first.resolve();
        this.#news.resolve();
      },
    });
  }

  /**
   * The record as it was seen last; undefined if there is none.
   *
   * @throws DependencyError if it can't be followed.
   */
  async latest(deadline: Deadline): Promise<TaskRecord | undefined> {
    try {
      await withDeadline(deadline, () => this.#first.promise);
    } catch (error) {
      throw new DependencyError("firestore", error);
    }
    if (this.#failure) throw this.#failure;
    this.#news = Promise.withResolvers();
    return this.#record;
  }

  /** Waits until there is something that `latest` hasn't returned yet, but no longer than the deadline. */
  async changed(deadline: Deadline): Promise<void> {
    const known = new AbortController();
    const signal = AbortSignal.any([known.signal, ...(deadline.signal ? [deadline.signal] : [])]);
    void this.#news.promise.then(() => known.abort());
    await pause({ ...deadline, signal });
  }

  stop(): void {
    this.#stop();
  }
}
