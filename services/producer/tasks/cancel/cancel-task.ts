import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../../shared/http/problem.ts";
import { accessResponses } from "../../access/refusals.ts";
import { mayCancelTask } from "../../access/rules.ts";
import { NO_SUCH_TASK, noSuchTask, tryLater } from "../../http/failures.ts";
import { jsonContent, problemContent } from "../../http/openapi.ts";
import { TASK_ID_PARAMETER, taskInPath } from "../task-in-path.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import type { Producer } from "../../producer.ts";
import { type Cancelled, cancel } from "./cancel.ts";

const cancelledSchema = z
  .object({
    state: z.literal("cancelled"),
    mayHaveRun: z.boolean().openapi({
      description:
        "Whether an attempt may have run; if not, the task had no effect. Always true for a task whose type is natural: it " +
        "may have run, or may still run once, if it is being delivered just now.",
    }),
  })
  .openapi("CancelledTask", { example: { state: "cancelled", mayHaveRun: false } });

const requestedSchema = z
  .object({ state: z.literal("running"), cancelRequested: z.literal(true) })
  .openapi("CancelRequested", { example: { state: "running", cancelRequested: true } });

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("The task is cancelled, now or since an earlier request.", cancelledSchema),
  202: jsonContent(
    "An attempt is running. It runs to its end; unless it succeeds, the task is cancelled then, without a retry and " +
      "without a dead letter.",
    requestedSchema,
  ),
  403: problemContent("The task is another caller's, or nobody knows whose it is. The detail says what is missing."),
  404: problemContent(NO_SUCH_TASK),
  409: problemContent("The task has ended already, or was not enqueued by this service."),
  503: problemContent("The task may or may not be cancelled; see Retry-After, and repeat the request."),
};

const route = createRoute({
  method: "delete",
  path: "/v1/tasks/{id}",
  operationId: "cancelTask",
  tags: ["tasks"],
  summary: "Cancel a task",
  parameters: [TASK_ID_PARAMETER],
  responses,
});

/** Adds `DELETE /v1/tasks/{id}`. */
export function addCancelTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const id = taskInPath(context, producer);
    if (!id) return noSuchTask();
    const caller = context.get("caller");
    const request = {
      id,
      by: caller.email,
      mayCancel: (owner: string | undefined) => mayCancelTask(caller, owner),
    };
    return cancelResponse(await cancel(request, producer, context.req.raw.signal));
  });
}

function cancelResponse(cancelled: Cancelled): Response {
  switch (cancelled.kind) {
    case "cancelled":
      return Response.json({ state: "cancelled", mayHaveRun: cancelled.mayHaveRun });
    case "requested":
      return Response.json({ state: "running", cancelRequested: true }, { status: 202 });
    case "finished":
      return problemResponse({
        status: 409,
        title: "Already finished",
        code: "already-finished",
        detail: `The task can't be cancelled any more: its state is ${cancelled.state}.`,
      });
    case "foreign":
      return problemResponse({
        status: 409,
        title: "Not a task of this service",
        code: "foreign-task",
        detail: "The task in the queue was not enqueued by this service, and can't be cancelled here.",
      });
    case "unknown":
      return noSuchTask();
    case "forbidden":
      return problemResponse(cancelled.access.problem);
    case "unclear":
      return tryLater(503, {
        title: "Service unavailable",
        code: "outcome-unknown",
        detail:
          "The task may or may not be cancelled: an attempt holds it, or a service did not respond. Repeat the request.",
      });
    default:
      return cancelled satisfies never;
  }
}
