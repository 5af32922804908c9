import type { RetryConfig } from "../dispatch/retry-delay.ts";
import type { HeapItem } from "../../kernel/due-heap.ts";

export type HttpMethod = "POST" | "GET" | "HEAD" | "PUT" | "DELETE" | "PATCH" | "OPTIONS";

/** The token to put into the Authorization header of a delivery. */
export type TokenRequest =
  | { readonly kind: "oidc"; readonly email: string; /** Default: the target's URL. */ readonly audience?: string }
  | { readonly kind: "oauth"; readonly email: string; readonly scope?: string };

/** The request that delivers a task, without the body. */
export interface HttpTarget {
  readonly url: string;
  readonly method: HttpMethod;
  /** In their original case, with Cloud Tasks' own User-Agent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly token?: TokenRequest;
}

export interface Attempt {
  readonly scheduledMs: number;
  readonly dispatchedMs: number;
  readonly respondedMs?: number;
  /** A google.rpc.Status. Absent while the attempt is in progress. */
  readonly status?: { readonly code: number; readonly message: string };
}

/** What changes in a task with its attempts. */
export interface Progress {
  /** When it is next due, in milliseconds since the epoch. */
  dueMs: number;
  /** Deliveries that have begun. */
  dispatchCount: number;
  /** Deliveries with a response other than 5xx, as recorded: also the header X-CloudTasks-TaskExecutionCount. */
  responseCount: number;
  /** Failed deliveries: the header X-CloudTasks-TaskRetryCount. */
  failures: number;
  /** The next delivery's header X-CloudTasks-TaskPreviousResponse. */
  previousStatus?: number;
  firstDispatchMs?: number;
  lastAttempt?: Attempt;
}

/** A task in a queue. */
export interface Task extends Progress, HeapItem {
  readonly id: string;
  readonly createdMs: number;
  readonly dispatchDeadlineMs: number;
  /** Replaces the queue's own settings. */
  readonly retry?: RetryConfig;
  /** Shared with tasks that have an equal one. */
  target: HttpTarget;
  readonly body: Uint8Array;
  /** When the first attempt began, by the monotonic time of this process. Set with the first attempt in it. */
  firstDispatchMonotonicMs?: number;
  /** Deliveries in progress; more than one when RunTask overlaps with a scheduled delivery. */
  running: number;
}
