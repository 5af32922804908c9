import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import { parseTaskId } from "../../../shared/contract/task-id.ts";
import { problemResponse } from "../../../shared/http/problem.ts";
import { accessResponses } from "../access/refusals.ts";
import { inputProblem, sizeProblem } from "../http/failures.ts";
import { problemContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";
import { KEY_PARAMETER, enqueuedResponses } from "../tasks/create-task.ts";
import { enqueueInSpan } from "../tasks/enqueue-in-span.ts";
import { enqueueResponse } from "../tasks/enqueue-response.ts";
import { readKey } from "../tasks/idempotency-key.ts";
import { NO_SUCH_SCHEDULE, SCHEDULE_NAME_PARAMETER, noSuchSchedule, scheduleInPath } from "./schedule-in-path.ts";

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  ...enqueuedResponses,
  400: sharedResponse("InvalidRequest"),
  404: problemContent(NO_SUCH_SCHEDULE),
  413: sharedResponse("BodyTooLarge"),
};

const route = createRoute({
  method: "post",
  path: "/v1/schedules/{name}/run",
  operationId: "runSchedule",
  tags: ["schedules"],
  summary: "Enqueue a schedule's task now",
  description:
    "The same as enqueuing the task yourself: it is yours, and doesn't count as a due time. It works while the " +
    "schedule is paused or off. The request has no body.",
  parameters: [SCHEDULE_NAME_PARAMETER, KEY_PARAMETER],
  responses,
});

/** Adds `POST /v1/schedules/{name}/run`. */
export function addRunSchedule(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const schedule = scheduleInPath(context, producer);
    if (!schedule) return noSuchSchedule(producer);
    const caller = context.get("caller");
    const read = readKey((name) => context.req.header(name));
    if (read.kind === "invalid") return problemResponse(inputProblem([read.problem]));
    const { task: taskType, payload } = schedule;
    const { maxPayloadBytes } = producer;
    if (Buffer.byteLength(payload.json) > maxPayloadBytes) return problemResponse(sizeProblem(maxPayloadBytes));
    const task = { taskType, payload, caller, ...(read.key ? { key: read.key } : {}) };
    const parent = context.get("span")?.spanContext();
    const enqueued = await enqueueInSpan(task, parent, { producer, signal: context.req.raw.signal });
    if ("task" in enqueued) context.set("taskId", parseTaskId(enqueued.task.id));
    return enqueueResponse(enqueued);
  });
}
