import type { Logger } from "../../shared/log.ts";
import type { Outcome } from "./outcome.ts";

/** Names from requests are cut to this many characters in the log. */
const LONGEST_LOGGED_NAME = 120;

/** One line for each delivery: what became of it, and how long that took. Never a token or a payload. */
export function reportOutcome(outcome: Outcome, request: Request, on: { log: Logger; tookMs: number }): void {
  const fields = {
    outcome: outcome.kind,
    path: new URL(request.url).pathname.slice(0, LONGEST_LOGGED_NAME),
    taskId: request.headers.get("x-cloudtasks-taskname")?.slice(0, LONGEST_LOGGED_NAME),
    retryCount: request.headers.get("x-cloudtasks-taskretrycount")?.slice(0, LONGEST_LOGGED_NAME),
    tookMs: on.tookMs,
    ...detailsOf(outcome),
  };
  on.log[levelOf(outcome)](fields, "delivery");
}

function levelOf(outcome: Outcome): "info" | "warn" | "error" {
  switch (outcome.kind) {
    case "done":
    case "duplicate":
    case "busy":
      return "info";
    case "retry":
    case "saturated":
    case "unavailable":
    case "unknown-type":
    case "malformed":
    case "too-large":
    case "unsupported-media":
    case "unauthenticated":
    case "forbidden":
      return "warn";
    case "failed":
    case "dead":
      return "error";
    default:
      return outcome satisfies never;
  }
}

function detailsOf(outcome: Outcome): object {
  if ("error" in outcome) return { error: outcome.error };
  if ("reason" in outcome) return { reason: outcome.reason };
  if ("problems" in outcome) return { problems: outcome.problems };
  return {};
}
