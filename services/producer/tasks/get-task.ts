import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { parseTaskId, queueOf } from "../../../shared/contract/task-id.ts";
import { lookUp } from "./look-up.ts";
import { problemAnswer } from "../http/openapi.ts";
import type { Producer } from "../producer.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { taskAnswerSchema } from "./task-view.ts";
import { describeTask } from "./task-status.ts";

const responses: RouteConfig["responses"] = {
  200: { description: "What is known of the task.", content: { "application/json": { schema: taskAnswerSchema } } },
  404: problemAnswer("There is no such task, or it was done so long ago that nothing is known of it."),
  503: problemAnswer("The task could not be looked up; see Retry-After."),
};

const route = createRoute({
  method: "get",
  path: "/v1/tasks/{id}",
  summary: "Ask how a task is doing",
  parameters: [{ name: "id", in: "path" as const, required: true, schema: { type: "string" as const } }],
  responses,
});

/** Adds `GET /v1/tasks/{id}`. */
export function addGetTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const id = parseTaskId(context.req.param("id"));
    if (!id || !producer.registry.queues.has(queueOf(id))) return noSuchTask();
    context.set("taskId", id);
    const facts = await lookUp({ id, view: "basic", signal: context.req.raw.signal }, producer);
    const task = describeTask(facts, { types: producer.registry.types, nowMs: producer.clock.now() });
    return task ? Response.json(task) : noSuchTask();
  });
}

function noSuchTask(): Response {
  return problemResponse({
    status: 404,
    title: "Not found",
    code: "task-not-found",
    detail: "There is no such task, or it was done so long ago that nothing is known of it.",
  });
}
