import { apiResponse } from "../../../shared/http/headers/api-headers.ts";
import type { Problem } from "../../../shared/http/problem.ts";
import type { Enqueued } from "./enqueue.ts";
import { refuse } from "../http/failures.ts";
import { type TaskView, taskPath } from "./status/task-view.ts";

/** What the response says about a task that a caller enqueued. */
export type EnqueueResult =
  | { readonly kind: "task"; readonly status: 200 | 202; readonly task: TaskView }
  | { readonly kind: "problem"; readonly problem: Problem };

/** The response to a request for a new task. */
export function enqueueResponse(enqueued: Enqueued): Response {
  const result = enqueueResult(enqueued);
  if (result.kind === "problem") return refuse(result.problem);
  const { status, task } = result;
  const replayed = status === 200 ? { "idempotency-replayed": "true" } : {};
  return apiResponse(task, { status, headers: { location: taskPath(task.id), ...replayed } });
}

/** What a response says, whether it is about one task or many. */
export function enqueueResult(enqueued: Enqueued): EnqueueResult {
  switch (enqueued.kind) {
    case "accepted":
      return { kind: "task", status: 202, task: enqueued.task };
    case "replayed":
      return { kind: "task", status: 200, task: enqueued.task };
    case "conflict":
      return refused({
        status: 422,
        title: "Idempotency key reused",
        code: "idempotency-key-reused",
        detail: "This Idempotency-Key was used before for a different payload. Use a new key for a new task.",
      });
    case "removed":
      return refused({
        status: 409,
        title: "Task removed",
        code: "task-removed",
        detail:
          "The task with this Idempotency-Key was removed from its queue before it ran, and its name is not free yet. " +
          "Use another key to have it done.",
      });
    case "throttled":
      return refused({
        status: 429,
        title: "Too many requests",
        code: "throttled",
        detail: "Tasks are being created faster than the queue accepts them. Nothing was created; try again later.",
      });
    case "no-queue":
      return refused({
        status: 503,
        title: "Service unavailable",
        code: "queue-unavailable",
        detail: "The queue for tasks of this type can't be used. Nothing was created; try again later.",
      });
    case "unclear":
      return refused({
        status: 503,
        title: "Service unavailable",
        code: "outcome-unknown",
        detail:
          "The task may have been accepted: its queue did not respond in time. If you repeat the request with the same " +
          "Idempotency-Key, there will be one task. Without a key, repeating it may create a second one.",
      });
    default:
      return enqueued satisfies never;
  }
}

function refused(problem: Problem): EnqueueResult {
  return { kind: "problem", problem };
}
