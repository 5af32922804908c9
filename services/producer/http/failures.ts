import type { Context, ErrorHandler } from "hono";
import { type Problem, problemResponse } from "../../../shared/http/problem.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";

/** After how long to come back while something that the producer depends on is in trouble. */
const RETRY_AFTER_SECONDS = "5";

/** Answers what no route expected: dependencies that fail, and bugs. */
export function onError(log: Logger): ErrorHandler {
  return (error, context) => {
    // Reading a body that breaks off fails, and so does what is given up because nobody waits for it.
    if (context.req.raw.signal.aborted) return callerGone();
    if (error instanceof DependencyError) {
      log.error({ ...errorFields(error), dependency: error.dependency }, "a dependency failed");
      return tryLater(503, {
        title: "Service unavailable",
        code: "dependency-unavailable",
        detail:
          "Something that this service depends on did not answer. If this was to create a task, it may have been " +
          "accepted: repeat the request with the same Idempotency-Key.",
      });
    }
    log.error(errorFields(error), "a request failed");
    return problemResponse({
      status: 500,
      title: "Internal error",
      code: "internal",
      detail: "This is a bug, not something in the request. It has been logged.",
    });
  };
}

/** Nobody reads this but the access log. */
function callerGone(): Response {
  return problemResponse({ status: 400, title: "Caller gone", code: "caller-gone" });
}

/** An answer that asks the caller to come back. */
export function tryLater(status: 429 | 503, problem: Omit<Problem, "status">): Response {
  return problemResponse({ status, ...problem }, { "retry-after": RETRY_AFTER_SECONDS });
}

/** Answers for paths that there are none. */
export function notFound(): Response {
  return problemResponse({
    status: 404,
    title: "Not found",
    code: "not-found",
    detail: "There is no such path. GET /openapi.json describes those that there are.",
  });
}

/** Answers the methods that a path doesn't have. */
export function methodNotAllowed(allowed: readonly string[]): (context: Context) => Response {
  return () =>
    problemResponse(
      { status: 405, title: "Method not allowed", code: "method-not-allowed", detail: `Use ${allowed.join(" or ")}.` },
      { allow: allowed.join(", ") },
    );
}
