import type { Problem } from "../../../shared/http/problem.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { CallOptions } from "./options.ts";
import type { Queues } from "./queues.ts";
import type { Schedules } from "./schedules.ts";
import type { Definition, NewTask, NewTaskOptions, PayloadOf, TaskTypes, TypeName } from "./task-types.ts";
import type { Me, TaskTypeInfo, ThroughputMinute } from "./views/service.ts";
import type { Cancelled, Task } from "./views/task.ts";

/** What became of a task that was enqueued with others. */
export interface BatchResult {
  /** As `POST /v1/tasks` would have responded: 202 and 200 for a task that is accepted, now or before. */
  readonly status: number;
  readonly id?: string;
  readonly task?: Task;
  /** Why it wasn't accepted. */
  readonly problem?: Problem;
  /** The key that it was sent with. */
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
  /** Enqueues a task of a type, given by its name or its definition. All tries have one idempotency key. */
  enqueue<const To extends TypeName<Types> | Definition>(
    type: To,
    payload: PayloadOf<Types, To>,
    options?: NewTaskOptions & CallOptions,
  ): Promise<Task>;
  /**
   * Enqueues many tasks, 500 and 4 MiB a request at most. Results are in order. What is refused with 429 or 503 is tried
   * again, with its key; a result has such a status if no try was left. Rejects if a whole request fails: then give keys of
   * your own if you want to repeat the call.
   */
  enqueueMany(tasks: readonly NewTask<Types>[], options?: CallOptions): Promise<readonly BatchResult[]>;
  /** The same for any number of tasks, in little memory: it reads them as their results are read. */
  enqueueStream(
    tasks: AsyncIterable<NewTask<Types>> | Iterable<NewTask<Types>>,
    options?: CallOptions,
  ): AsyncIterable<BatchResult>;
  /** Looks at a task. `includePayload`: with its payload while it is queued or dead, for operators. */
  get(id: string, options?: CallOptions & { readonly includePayload?: boolean | undefined }): Promise<Task>;
  /** The task, and each change of it until it has ended. Ends with a `TimeoutError` when the time is up. */
  watch(id: string, options?: WaitOptions): AsyncIterable<Task>;
  /** Waits until a task has ended. Rejects with a `TimeoutError` when the time is up. */
  wait(id: string, options?: WaitOptions): Promise<Task>;
  cancel(id: string, options?: CallOptions): Promise<Cancelled>;
  /** Runs a task now, or at another time. */
  run(id: string, options?: CallOptions & { readonly scheduleTime?: string | undefined }): Promise<Task>;
  readonly deadLetters: DeadLetters;
  readonly queues: Queues;
  readonly schedules: Schedules;
  taskTypes(options?: CallOptions): Promise<readonly TaskTypeInfo[]>;
  /** What happened in each of the last minutes, oldest first. Default: 60 minutes. */
  throughput(options?: CallOptions & { readonly minutes?: number | undefined }): Promise<readonly ThroughputMinute[]>;
  /** Who the producer takes the caller for, and what that may do. */
  me(options?: CallOptions): Promise<Me>;
}
