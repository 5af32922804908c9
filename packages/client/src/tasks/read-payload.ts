import { NEW_TASK_LIMITS } from "../../../../shared/contract/new-task/payload-text.ts";
import type { RequestProblem } from "../../../../shared/http/problem.ts";
import { pathText } from "../../../../shared/http/schema-problems.ts";
import { JsonTextError, readJson } from "../../../../shared/json/read-json.ts";

/** A payload that `enqueue` sends as it was written, or why it can't. */
export type ReadPayload =
  | { readonly kind: "read"; readonly payload: unknown }
  | { readonly kind: "refused"; readonly problems: readonly RequestProblem[] };

/**
 * Reads a payload that a person wrote as JSON. It refuses what would change on the way, with its path, as the producer
 * would: a number that a double can't hold, a repeated field.
 */
export function readPayload(json: string): ReadPayload {
  try {
    // Two values with a comma between them would only be JSON inside something else.
    JSON.parse(json);
    const { value } = readJson(`{"payload":${json}}`, NEW_TASK_LIMITS);
    return { kind: "read", payload: Reflect.get(Object(value), "payload") };
  } catch (error) {
    if (error instanceof SyntaxError) return refused([{ path: "payload", message: "is not valid JSON" }]);
    if (!(error instanceof JsonTextError)) throw error;
    const { message, problems } = error;
    return refused(
      problems.length === 0
        ? [{ path: "payload", message }]
        : problems.map((problem) => ({ path: pathText(problem.path), message: problem.message })),
    );
  }
}

function refused(problems: readonly RequestProblem[]): ReadPayload {
  return { kind: "refused", problems };
}
