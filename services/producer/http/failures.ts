import type { Context, ErrorHandler } from "hono";
import { type Problem, type RequestProblem, problemResponse } from "../../../shared/http/problem.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { errorFields } from "../../../shared/runtime/error-fields.ts";

/** When to retry while a dependency of the producer is failing. */
const RETRY_AFTER_SECONDS = "5";

/** The response to errors that no route handles: failing dependencies, and bugs. */
export function onError(log: Logger): ErrorHandler {
  return (error, context) => {
    // The error is from work that was abandoned because the caller has gone.
    if (context.req.raw.signal.aborted) return callerGone();
    return refuse(failureProblem(error, log));
  };
}

/** The problem for an error that no route handles. The log has the details. */
export function failureProblem(error: unknown, log: Logger): Problem {
  if (error instanceof DependencyError) {
    log.error({ ...errorFields(error), dependency: error.dependency }, "a dependency failed");
    return {
      status: 503,
      title: "Service unavailable",
      code: "dependency-unavailable",
      detail:
        "A service that this one depends on did not respond. If you were creating a task, it may have been accepted: " +
        "repeat the request with the same Idempotency-Key.",
    };
  }
  log.error(errorFields(error), "a request failed");
  return {
    status: 500,
    title: "Internal error",
    code: "internal",
    detail: "This is a bug, not a problem with your request. It has been logged.",
  };
}

/** One problem that lists everything that is wrong with a request. */
export function inputProblem(problems: readonly RequestProblem[]): Problem {
  const detail = `${problems.length === 1 ? "One thing is" : `${problems.length} things are`} wrong with the request.`;
  return { status: 400, title: "Invalid request", code: "invalid-request", detail, problems };
}

/** The problem with a payload that exceeds the limit. */
export function sizeProblem(maxPayloadBytes: number): Problem {
  const detail = `A payload may have at most ${maxPayloadBytes} bytes as JSON. Store larger data elsewhere and send a reference to it.`;
  return { status: 413, title: "Payload too large", code: "payload-too-large", detail };
}

export const CALLER_GONE: Problem = { status: 400, title: "Caller gone", code: "caller-gone" };

/** The response to a caller that hung up. Only the access log sees it. */
export function callerGone(): Response {
  return problemResponse(CALLER_GONE);
}

/** The response to a request that this instance has no room for. */
export function overloaded(): Response {
  return tryLater(503, {
    title: "Service unavailable",
    code: "overloaded",
    detail: "This instance has too many requests in progress. Nothing was done; try again later.",
  });
}

/** A response that asks the caller to retry later. */
export function tryLater(status: 429 | 503, problem: Omit<Problem, "status">): Response {
  return refuse({ status, ...problem });
}

/** A problem as a response. A temporary one says when to retry. */
export function refuse(problem: Problem): Response {
  return problemResponse(problem, laterHeaders([problem]));
}

/** The header that says when to retry, if any of these problems is temporary. */
export function laterHeaders(problems: readonly Pick<Problem, "status">[]): Readonly<Record<string, string>> {
  const isForLater = problems.some(({ status }) => status === 429 || status === 503);
  return isForLater ? { "retry-after": RETRY_AFTER_SECONDS } : {};
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

export const NO_SUCH_TASK = "There is no such task, or it ended so long ago that no trace of it is left.";

export const NO_SUCH_TASK_PROBLEM: Problem = {
  status: 404,
  title: "Not found",
  code: "task-not-found",
  detail: NO_SUCH_TASK,
};

/** The response for the id of a task that doesn't exist, or for a malformed id. */
export function noSuchTask(): Response {
  return problemResponse(NO_SUCH_TASK_PROBLEM);
}

/** The response for a path that exists, but not with this method. */
export function onMethodNotAllowed(_context: Context, allowed: readonly string[]): Response {
  // Created on demand, since it takes 20 ms.
  const alternatives = new Intl.ListFormat("en-GB", { type: "disjunction" });
  return problemResponse(
    {
      status: 405,
      title: "Method not allowed",
      code: "method-not-allowed",
      detail: `Use ${alternatives.format(allowed)}.`,
    },
    { allow: allowed.join(", ") },
  );
}
