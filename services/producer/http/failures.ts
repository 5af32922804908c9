import type { Context, ErrorHandler } from "hono";
import { type Problem, problemResponse } from "../../../shared/http/problem.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";

/** When to come back while a service that the producer depends on is in trouble. */
const RETRY_AFTER_SECONDS = "5";

/** The response to whatever no route expects: dependencies that fail, and bugs. */
export function onError(log: Logger): ErrorHandler {
  return (error, context) => {
    // What fails then is work that was given up because nobody is waiting for it.
    if (context.req.raw.signal.aborted) return callerGone();
    if (error instanceof DependencyError) {
      log.error({ ...errorFields(error), dependency: error.dependency }, "a dependency failed");
      return tryLater(503, {
        title: "Service unavailable",
        code: "dependency-unavailable",
        detail:
          "A service that this one depends on did not respond. If you were creating a task, it may have been accepted: " +
          "repeat the request with the same Idempotency-Key.",
      });
    }
    log.error(errorFields(error), "a request failed");
    return problemResponse({
      status: 500,
      title: "Internal error",
      code: "internal",
      detail: "This is a bug, not a problem with your request. It has been logged.",
    });
  };
}

/** The response to a caller that hung up. Only the access log sees it. */
export function callerGone(): Response {
  return problemResponse({ status: 400, title: "Caller gone", code: "caller-gone" });
}

/** The response to a request that this instance has no room for. */
export function overloaded(): Response {
  return tryLater(503, {
    title: "Service unavailable",
    code: "overloaded",
    detail: "This instance has too many requests in progress. Nothing was done; try again later.",
  });
}

/** A response that asks the caller to come back. */
export function tryLater(status: 429 | 503, problem: Omit<Problem, "status">): Response {
  return problemResponse({ status, ...problem }, { "retry-after": RETRY_AFTER_SECONDS });
}

/** The response for a path that doesn't exist. */
export function onNotFound(): Response {
  return problemResponse({
    status: 404,
    title: "Not found",
    code: "not-found",
    detail: "There is no such path. GET /openapi.json lists the paths that exist.",
  });
}

/** The response for a path that exists, but not for this method. */
export function onMethodNotAllowed(_context: Context, allowed: readonly string[]): Response {
  return problemResponse(
    { status: 405, title: "Method not allowed", code: "method-not-allowed", detail: `Use ${allowed.join(" or ")}.` },
    { allow: allowed.join(", ") },
  );
}
