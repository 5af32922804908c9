import type { Problem } from "../../../shared/http/problem.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { CallOptions } from "./options.ts";
import type { Queues } from "./queues.ts";
import type { Schedules } from "./schedules.ts";
import type { Definition, NewTask, NewTaskOptions, PayloadOf, TaskTypes, TypeName } from "./task-types.ts";
import type { Me, TaskTypeInfo, ThroughputMinute } from "./views/service.ts";
import type { Cancelled, Task } from "./views/task.ts";

/** The result for one task of a batch. */
export interface BatchResult {
  /** The status that `POST /v1/tasks` would have: 202 or 200 for a task that was accepted, now or earlier. */
  readonly status: number;
  readonly id?: string;
  readonly task?: Task;
  /** Why it wasn't accepted. */
  readonly problem?: Problem;
  /** The key that the task was sent with. */
  readonly idempotencyKey: string;
}

export interface WaitOptions extends CallOptions {
  /** How long to wait, in milliseconds. Default: 600,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Talks to a producer. Each call rejects with a `HandoffError` when the producer refuses it, and with an `UnreachableError`
 * when no try got a response.
 */
export interface Client<Types extends TaskTypes = TaskTypes> {
  /** Enqueues a task of a type, given by its name or its definition. All tries use the same idempotency key. */
  enqueue<const To extends TypeName<Types> | Definition>(
    type: To,
    payload: PayloadOf<Types, To>,
    options?: NewTaskOptions & CallOptions,
  ): Promise<Task>;
  /**
   * Enqueues many tasks, at most 500 and 4 MiB per request. Results are in order. Tasks refused with 429 or 503 are
   * retried with the same key; a result has that status if no try was left. Rejects if a whole request fails: if you
   * want to repeat the call then, give the tasks your own keys.
   */
  enqueueMany(tasks: readonly NewTask<Types>[], options?: CallOptions): Promise<readonly BatchResult[]>;
  /** Does the same for any number of tasks, in little memory: it reads tasks only as fast as their results are read. */
  enqueueStream(
    tasks: AsyncIterable<NewTask<Types>> | Iterable<NewTask<Types>>,
    options?: CallOptions,
  ): AsyncIterable<BatchResult>;
  /** Reads a task. `includePayload`: with its payload while it is queued or dead, for operators. */
  get(id: string, options?: CallOptions & { readonly includePayload?: boolean | undefined }): Promise<Task>;
  /** Yields the task, and again after each change until it ends. Throws a `TimeoutError` when the time is up. */
  watch(id: string, options?: WaitOptions): AsyncIterable<Task>;
  /** Waits until a task ends. Rejects with a `TimeoutError` when the time is up. */
  wait(id: string, options?: WaitOptions): Promise<Task>;
  cancel(id: string, options?: CallOptions): Promise<Cancelled>;
  /** Runs a task now, or at another time. */
  run(id: string, options?: CallOptions & { readonly scheduleTime?: string | undefined }): Promise<Task>;
  readonly deadLetters: DeadLetters;
  readonly queues: Queues;
  readonly schedules: Schedules;
  taskTypes(options?: CallOptions): Promise<readonly TaskTypeInfo[]>;
  /** The counts of each of the last minutes, oldest first. Default: 60 minutes. */
  throughput(options?: CallOptions & { readonly minutes?: number | undefined }): Promise<readonly ThroughputMinute[]>;
  /** The account that the producer identifies as the caller, and what it may do. */
  me(options?: CallOptions): Promise<Me>;
}
