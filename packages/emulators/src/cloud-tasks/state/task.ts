import type { HeapItem } from "../../kernel/due-heap.ts";

export type HttpMethod = "POST" | "GET" | "HEAD" | "PUT" | "DELETE" | "PATCH" | "OPTIONS";

/** The token that Cloud Tasks puts into the Authorization header of a delivery. */
export type TokenRequest =
  | { readonly kind: "oidc"; readonly email: string; /** Default: the target's URL. */ readonly audience?: string }
  | { readonly kind: "oauth"; readonly email: string; readonly scope?: string };

/** The request that a task is delivered as, but for the body. */
export interface HttpTarget {
  readonly url: string;
  readonly method: HttpMethod;
  /** As they were given, casing included, with Cloud Tasks' own User-Agent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly token?: TokenRequest;
}

/** One delivery, under way or answered. */
export interface Attempt {
  readonly scheduledMs: number;
  readonly dispatchedMs: number;
  readonly respondedMs?: number;
  /** A google.rpc.Status; absent while it is under way. */
  readonly status?: { readonly code: number; readonly message: string };
}

/** What has become of a task so far. */
export interface Progress {
  /** When it is due next, in milliseconds since the epoch. */
  dueMs: number;
  /** Deliveries begun. */
  dispatchCount: number;
  /** Deliveries answered. */
  responseCount: number;
  /** Deliveries failed: the header X-CloudTasks-TaskRetryCount. */
  failures: number;
  /** Deliveries failed by the worker's own decision, 5xx not among them: the header X-CloudTasks-TaskExecutionCount. */
  executions: number;
  /** The status that the next delivery's header X-CloudTasks-TaskPreviousResponse tells. */
  previousStatus?: number;
  firstDispatchMs?: number;
  lastAttempt?: Attempt;
}

/** A task as a queue holds it. */
export interface Task extends Progress, HeapItem {
  readonly id: string;
  readonly createdMs: number;
  readonly dispatchDeadlineMs: number;
  /** Shared with other tasks that have the same. */
  target: HttpTarget;
  readonly body: Uint8Array;
  /** Deliveries under way; more than one when RunTask overlapped with a scheduled one. */
  running: number;
}
