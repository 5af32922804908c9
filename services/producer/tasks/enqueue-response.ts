import { problemResponse } from "../../../shared/http/problem.ts";
import type { Enqueued } from "./enqueue.ts";
import { tryLater } from "../http/failures.ts";
import { taskPath } from "./task-view.ts";

/** The response to a request for a new task. */
export function enqueueResponse(enqueued: Enqueued): Response {
  switch (enqueued.kind) {
    case "accepted":
      return Response.json(enqueued.task, { status: 202, headers: { location: taskPath(enqueued.task.id) } });
    case "replayed":
      return Response.json(enqueued.task, {
        headers: { location: taskPath(enqueued.task.id), "idempotency-replayed": "true" },
      });
    case "conflict":
      return problemResponse({
        status: 422,
        title: "Idempotency key reused",
        code: "idempotency-key-reused",
        detail: "This Idempotency-Key was used before for a different payload. Use a new key for a new task.",
      });
    case "removed":
      return problemResponse({
        status: 409,
        title: "Task removed",
        code: "task-removed",
        detail:
          "The task with this Idempotency-Key was removed from its queue before it ran, and its name is not free yet. " +
          "Use another key to have it done.",
      });
    case "throttled":
      return tryLater(429, {
        title: "Too many requests",
        code: "throttled",
        detail: "Tasks are being created faster than the queue accepts them. Nothing was created; try again later.",
      });
    case "no-queue":
      return tryLater(503, {
        title: "Service unavailable",
        code: "queue-unavailable",
        detail: "The queue for tasks of this type can't be used. Nothing was created; try again later.",
      });
    case "unclear":
      return tryLater(503, {
        title: "Service unavailable",
        code: "outcome-unknown",
        detail:
          "The task may have been accepted: its queue did not respond in time. If you repeat the request with the same " +
          "Idempotency-Key, there will be one task. Without a key, repeating it may create a second one.",
      });
  }
}
