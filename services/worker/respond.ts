import { type RequestProblem, problemResponse } from "../../shared/http/problem.ts";
import type { Outcome, UnavailableReason } from "./outcome.ts";

/** What a caller is told to wait when a dependency of ours is away. */
const UNAVAILABLE_RETRY_AFTER_MS = 5_000;

const UNAVAILABLE_DETAIL: Readonly<Record<UnavailableReason, string>> = {
  "shutting-down": "This instance is shutting down.",
  "record-store": "The record store can't be reached.",
  "late-claim": "This instance stood still for so long that its claim may be over.",
  keys: "The keys that sign deliveries can't be fetched.",
};

/**
 * The answer to a delivery. Cloud Tasks deletes a task on 2xx and retries on all else; 429, 503 and a high rate of 5xx
 * make it slow the whole queue (https://cloud.google.com/tasks/docs/creating-http-target-tasks), so they are kept for
 * what concerns the whole queue. Never a 3xx, which Cloud Tasks might follow.
 */
export function respond(outcome: Outcome): Response {
  switch (outcome.kind) {
    case "done":
      return acknowledge("done");
    case "duplicate":
      return acknowledge("duplicate");
    case "dead":
      return acknowledge("dead");
    case "busy":
      return refuse(409, "busy", "Another attempt owns the task", { retryAfterMs: outcome.retryAfterMs });
    case "retry":
      return refuse(424, "retry", "The handler asks for a retry", outcome);
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
      return refuse(413, "too-large", `A task's body has at most ${outcome.maxBytes} bytes`);
    case "unsupported-media":
      return refuse(415, "unsupported-media", "A task's body is application/json, not compressed");
    case "unauthenticated":
      return refuse(401, "unauthenticated", "No valid token of the invoker");
    case "forbidden":
      return refuse(403, "forbidden", "The caller may not deliver this task");
    default:
      return outcome satisfies never;
  }
}

function acknowledge(outcome: "done" | "duplicate" | "dead"): Response {
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
