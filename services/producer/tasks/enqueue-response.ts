import { problemResponse } from "../../../shared/http/problem.ts";
import type { Enqueued } from "./enqueue.ts";
import { tryLater } from "../http/failures.ts";
import { taskPath } from "./task-view.ts";

/** The answer to a request for a task, from what became of it. */
export function answerEnqueued(enqueued: Enqueued): Response {
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
        detail: "This Idempotency-Key was used before, for another payload. Use a new key for a new task.",
      });
    case "removed":
      return problemResponse({
        status: 409,
        title: "Task removed",
        code: "task-removed",
        detail:
          "The task of this Idempotency-Key was removed from its queue before it ran, and its name is not free yet. " +
          "Use another key to have it done.",
      });
    case "throttled":
      return tryLater(429, {
        title: "Too many requests",
        code: "throttled",
        detail: "More tasks are being created than the queue takes. Nothing was created; repeat the request later.",
      });
    case "no-queue":
      return tryLater(503, {
        title: "Service unavailable",
        code: "queue-unavailable",
        detail: "The queue for this type of task can't be used. Nothing was created; repeat the request later.",
      });
    case "unclear":
      return tryLater(503, {
        title: "Service unavailable",
        code: "outcome-unknown",
        detail:
          "The task may have been accepted: its queue did not answer in time. Repeat the request with the same " +
          "Idempotency-Key, and there will be one task. Without a key, a repetition can make a second one.",
      });
  }
}
