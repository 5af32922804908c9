import type { Json } from "../../shared/contract/any-json.ts";
import { type RequestProblem, problemResponse } from "../../shared/http/problem.ts";
import type { TaskError, TaskState } from "../../shared/records/task-record.ts";

/** Every way in which a delivery can end. Its response decides what Cloud Tasks does next. */
export type Outcome =
  | { readonly kind: "done"; readonly result: Json }
  /** The task has ended, or gone on to a later hop. */
  | { readonly kind: "duplicate"; readonly state: TaskState }
  | { readonly kind: "dead"; readonly error: TaskError }
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  /** The task has another time, in milliseconds since the epoch. The error is what this attempt failed of, if it did. */
  | { readonly kind: "rescheduled"; readonly dueAtMs: number; readonly error?: TaskError }
  | { readonly kind: "retry"; readonly error: TaskError; readonly retryAfterMs?: number }
  | { readonly kind: "saturated"; readonly error: TaskError; readonly retryAfterMs?: number }
  | { readonly kind: "failed"; readonly error: TaskError }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason }
  | { readonly kind: "unknown-type"; readonly type: string }
  | { readonly kind: "malformed"; readonly problems: readonly RequestProblem[] }
  | { readonly kind: "too-large"; readonly maxBytes: number }
  | { readonly kind: "unsupported-media" }
  | { readonly kind: "unauthenticated"; readonly reason: string }
  | { readonly kind: "forbidden"; readonly reason: string };

type UnavailableReason = "shutting-down" | "overloaded" | "record-store" | "cloud-tasks" | "late-claim" | "keys";

/** Another transaction holds a lock that this one needs. It will be over in a moment. */
const CONTENTION_RETRY_AFTER_MS = 1_000;

/** Another attempt holds a lock that this one needs, on one of the handler's documents or on its own record. */
export const CONTENTION: Outcome = { kind: "busy", retryAfterMs: CONTENTION_RETRY_AFTER_MS };

/** The task was cancelled, so that it never needs to be delivered again. */
export const CANCELLED: Outcome = { kind: "duplicate", state: "cancelled" };

/** This instance runs nothing new, or has stopped what it ran. */
export const SHUTTING_DOWN: Outcome = { kind: "unavailable", reason: "shutting-down" };

/** How long to ask Cloud Tasks to wait while one of our dependencies is unavailable. */
const UNAVAILABLE_RETRY_AFTER_MS = 5_000;

const UNAVAILABLE_DETAIL: Readonly<Record<UnavailableReason, string>> = {
  "shutting-down": "This instance is shutting down.",
  overloaded: "This instance has too many deliveries in progress.",
  "record-store": "The record store can't be reached.",
  "cloud-tasks": "The tasks that follow this one can't be created.",
  "late-claim": "This instance was paused for so long that its claim may have expired.",
  keys: "The keys that sign deliveries can't be fetched.",
};

/**
 * The response to a delivery. Cloud Tasks deletes a task on 2xx and retries on everything else. 429, 503 and a high
 * rate of 5xx make it slow down the whole queue (https://cloud.google.com/tasks/docs/creating-http-target-tasks), so
 * they are reserved for problems of the whole queue. Never a 3xx, which Cloud Tasks might follow.
 */
export function respond(outcome: Outcome): Response {
  switch (outcome.kind) {
    case "done":
    case "duplicate":
    case "dead":
    case "rescheduled":
      return acknowledge(outcome.kind);
    case "busy":
      return refuse(409, "busy", "Another attempt owns the task", { retryAfterMs: outcome.retryAfterMs });
    case "retry":
      return refuse(424, "retry", "The handler asked for a retry", outcome);
    case "saturated":
      return refuse(429, "saturated", "A dependency is saturated", outcome);
    case "failed":
      return refuse(500, "failed", "The handler failed");
    case "unavailable":
      return refuse(503, "unavailable", UNAVAILABLE_DETAIL[outcome.reason], {
        retryAfterMs: UNAVAILABLE_RETRY_AFTER_MS,
      });
    case "unknown-type":
      return refuse(404, "unknown-type", "This revision does not know the task type");
    case "malformed":
      return refuse(400, "malformed", "Not a task", { problems: outcome.problems });
    case "too-large":
      return refuse(413, "too-large", `A task's body may be at most ${outcome.maxBytes} bytes long`);
    case "unsupported-media":
      return refuse(415, "unsupported-media", "A task's body must be uncompressed application/json");
    case "unauthenticated":
      return refuse(401, "unauthenticated", "The request has no valid token from the invoker");
    case "forbidden":
      return refuse(403, "forbidden", "The caller may not deliver this task");
    default:
      return outcome satisfies never;
  }
}

function acknowledge(outcome: "done" | "duplicate" | "dead" | "rescheduled"): Response {
  return Response.json({ outcome }, { status: 200, headers: { "Handoff-Outcome": outcome } });
}

function refuse(
  status: number,
  code: string,
  title: string,
  { retryAfterMs, problems }: { retryAfterMs?: number; problems?: readonly RequestProblem[] } = {},
): Response {
  const headers: Record<string, string> = { "Handoff-Outcome": code };
  if (retryAfterMs !== undefined) headers["Retry-After"] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)));
  if (status === 401) headers["WWW-Authenticate"] = "Bearer";
  return problemResponse({ status, code, title, ...(problems ? { problems } : {}) }, headers);
}
