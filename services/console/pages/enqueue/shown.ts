import type { HandoffError, UnreachableError } from "../../../../packages/client/src/errors.ts";
import type { RequestProblem } from "../../../../shared/http/problem.ts";
import type { Failure } from "../../http/failures.tsx";
import type { Draft } from "./draft.ts";
import { PATHS } from "./new-task-of.ts";

/** The form as it is shown, before or after an error. */
export interface Shown {
  readonly draft: Draft;
  readonly status: Failure["status"] | 200;
  readonly problems: readonly RequestProblem[];
  /** The error as a whole. */
  readonly message?: string;
  /** The producer's code, or the console's own, for the log. */
  readonly code: string;
}

/** The form as it was filled in, without an error. */
export function asWritten(draft: Draft): Shown {
  return { draft, status: 200, problems: [], code: "none" };
}

/** The draft isn't a valid task. Nothing was sent. */
export function asProblems(draft: Draft, problems: readonly RequestProblem[]): Shown {
  return {
    draft,
    status: 400,
    problems,
    message: "Nothing was enqueued. Correct the marked fields.",
    code: "not-a-task",
  };
}

/** The producer didn't enqueue the task, or that is unknown. The form's key makes it safe to submit it again. */
export function asFailure(
  draft: Draft,
  { failure, error }: { readonly failure: Failure; readonly error: HandoffError | UnreachableError },
): Shown {
  const { status, detail, code = "failed" } = failure;
  const problems = "problem" in error ? (error.problem?.problems ?? []) : [];
  if (code === "idempotency-key-reused") {
    if (draft.key !== "") {
      const problem = { path: PATHS.key, message: "was used before for a different payload: choose another one" };
      return { ...asProblems(draft, [problem]), status, code };
    }
    const message =
      "This form has enqueued a task already, with another payload. Press Enqueue again to enqueue this one, too.";
    return { draft: { ...draft, madeUpKey: crypto.randomUUID() }, status, problems, message, code };
  }
  if (problems.length > 0) return { ...asProblems(draft, problems), status, code };
  const again = status >= 500 ? " You can press Enqueue again: it makes no second task." : "";
  return { draft, status, problems, message: `${detail}${again}`, code };
}
