import type { RequestProblem } from "../../../shared/http/problem.ts";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../shared/contract/new-task/idempotency-key.ts";
import type { TaskOrigin } from "../../../shared/contract/task-id.ts";
import type { Caller } from "../access/caller.ts";

/** What makes a request and its repetitions one task. */
export interface IdempotencyKey {
  /** As the caller sent it, or as made from what Cloud Scheduler says. */
  readonly text: string;
  /** Set if one of the stack's own schedules is due: its name and minute. */
  readonly occurrence?: { readonly schedule: string; readonly minute: string };
}

/** The header that brings it. */
export const IDEMPOTENCY_KEY = "Idempotency-Key";

/** What Cloud Scheduler sends with a request (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#httptarget). */
const SCHEDULER_JOB = "X-CloudScheduler-JobName";
const SCHEDULER_TIME = "X-CloudScheduler-ScheduleTime";

type Header = (name: string) => string | undefined;

/** A request's key; undefined if each repetition is to be a task of its own. */
export type ReadKey =
  | { readonly kind: "read"; readonly key: IdempotencyKey | undefined }
  | { readonly kind: "invalid"; readonly problem: RequestProblem };

/**
 * Reads a request's key. A request from Cloud Scheduler that brings none has one nevertheless: the job and the time it was
 * due, which are the same each time the request is repeated. Only of the stack's own account do they name a schedule. Of
 * anybody else they are a key like any other, so forging them does no more than forging a key does.
 */
export function readKey(header: Header, { role }: Pick<Caller, "role">): ReadKey {
  const given = header(IDEMPOTENCY_KEY);
  const scheduled = given === undefined ? readSchedule(header) : undefined;
  const text = given ?? scheduled?.text;
  if (text === undefined) return { kind: "read", key: undefined };
  if (!isIdempotencyKey(text)) {
    return invalid(IDEMPOTENCY_KEY, IDEMPOTENCY_KEY_FORM);
  }
  if (!scheduled || role !== "scheduler") return { kind: "read", key: { text } };
  const { job, time } = scheduled;
  const minute = minuteOf(time);
  if (minute === undefined) return invalid(SCHEDULER_TIME, "must be an RFC 3339 time");
  return { kind: "read", key: { text, occurrence: { schedule: job, minute } } };
}

/** What the id of a task with a key is derived from. */
export function originOf(key: IdempotencyKey, { type, caller }: { type: string; caller: string }): TaskOrigin {
  const { text, occurrence } = key;
  return occurrence ? ["schedule", occurrence.schedule, occurrence.minute] : ["key", caller, type, text];
}

function readSchedule(header: Header): { job: string; time: string; text: string } | undefined {
  const job = header(SCHEDULER_JOB);
  const time = header(SCHEDULER_TIME);
  return job === undefined || time === undefined ? undefined : { job, time, text: `schedule/${job}/${time}` };
}

/** The minute of a time, in UTC: `2026-11-23T06:00Z`. */
function minuteOf(time: string): string | undefined {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().replace(/:\d\d\.\d+Z$/, "Z");
}

function invalid(path: string, message: string): ReadKey {
  return { kind: "invalid", problem: { path, message } };
}
