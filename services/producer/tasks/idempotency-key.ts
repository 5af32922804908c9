import type { RequestProblem } from "../../../shared/http/problem.ts";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../shared/contract/new-task/idempotency-key.ts";
import type { TaskOrigin } from "../../../shared/contract/task-id.ts";

/** What makes a request and its repetitions one task. */
export interface IdempotencyKey {
  /** As the caller sent it, or as made from what Cloud Scheduler says. */
  readonly text: string;
}

/** The header that contains it. */
export const IDEMPOTENCY_KEY = "Idempotency-Key";

/** What Cloud Scheduler sends with a request (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget). */
const SCHEDULER_JOB = "X-CloudScheduler-JobName";
const SCHEDULER_TIME = "X-CloudScheduler-ScheduleTime";

type Header = (name: string) => string | undefined;

/** A request's key; undefined if each repetition makes another task. */
export type ReadKey =
  | { readonly kind: "read"; readonly key: IdempotencyKey | undefined }
  | { readonly kind: "invalid"; readonly problem: RequestProblem };

/**
 * Reads a request's key. A request from a caller's own job in Cloud Scheduler that brings none has one nevertheless: the job
 * and the time it was due, which are the same each time the request is repeated. It is a key like any other, so forging those
 * headers does no more than forging a key does.
 */
export function readKey(header: Header): ReadKey {
  const text = header(IDEMPOTENCY_KEY) ?? keyOfJob(header);
  if (text === undefined) return { kind: "read", key: undefined };
  if (isIdempotencyKey(text)) return { kind: "read", key: { text } };
  return { kind: "invalid", problem: { path: IDEMPOTENCY_KEY, message: IDEMPOTENCY_KEY_FORM } };
}

/** What the id of a task with a key is derived from. */
export function originOf({ text }: IdempotencyKey, { type, caller }: { type: string; caller: string }): TaskOrigin {
  return ["key", caller, type, text];
}

function keyOfJob(header: Header): string | undefined {
  const job = header(SCHEDULER_JOB);
  const time = header(SCHEDULER_TIME);
  return job === undefined || time === undefined ? undefined : `schedule/${job}/${time}`;
}
