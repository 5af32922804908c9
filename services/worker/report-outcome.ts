import type { Logger } from "../../shared/log.ts";
import type { Outcome } from "./outcome.ts";

/** What comes from requests is cut to this many characters in the log. */
const LONGEST_LOGGED_TEXT = 120;
const MOST_LOGGED_PROBLEMS = 5;

/**
 * One line for each delivery: what became of it, and how long that took. Never a token or a payload: of an error, whose
 * message may quote the payload, only the code is logged; the message stands in the task's record.
 */
export function reportOutcome(outcome: Outcome, request: Request, on: { log: Logger; tookMs: number }): void {
  const fields = {
    outcome: outcome.kind,
    path: cut(new URL(request.url).pathname),
    taskId: cut(request.headers.get("x-cloudtasks-taskname")),
    retryCount: cut(request.headers.get("x-cloudtasks-taskretrycount")),
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
  if ("error" in outcome) return { errorCode: outcome.error.code };
  if ("reason" in outcome) return { reason: outcome.reason };
  if (outcome.kind !== "malformed") return {};
  const problems = outcome.problems.slice(0, MOST_LOGGED_PROBLEMS);
  return { problems: problems.map(({ path, message }) => cut(`${path}: ${message}`)) };
}

function cut(text: string | null): string | undefined {
  return text?.slice(0, LONGEST_LOGGED_TEXT);
}
