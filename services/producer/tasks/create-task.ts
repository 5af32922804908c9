import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { problemResponse } from "../../../shared/http/problem.ts";
import { accessResponses } from "../access/refusals.ts";
import { parseTaskId } from "../../../shared/contract/task-id.ts";
import { exampleTask } from "../description/task-schemas.ts";
import { enqueueInSpan } from "./enqueue-in-span.ts";
import { IDEMPOTENCY_KEY, readKey } from "./idempotency-key.ts";
import { callerGone, sizeProblem } from "../http/failures.ts";
import { BODY_RULES, readJsonBody } from "../http/json-body.ts";
import { bodyResponses, problemContent } from "../http/openapi.ts";
import { type Producer, longestBody } from "../producer.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { taskViewSchema } from "./status/task-view.ts";
import { enqueueResponse } from "./enqueue-response.ts";
import { type ReadTask, readRequestedTask } from "./requested-task.ts";

const taskContent = { "application/json": { schema: taskViewSchema } };
const location = { Location: { schema: { type: "string" as const }, description: "The task's path." } };

/** The possible results of enqueueing a task. */
export const enqueuedResponses: RouteConfig["responses"] = {
  202: { description: "The task is in its queue.", headers: location, content: taskContent },
  200: {
    description: "A request with this key and payload was accepted before. This one did nothing.",
    headers: { ...location, "Idempotency-Replayed": { schema: { type: "string" }, description: "Always true." } },
    content: taskContent,
  },
  409: problemContent("The task with this key was removed from its queue before it ran."),
  422: problemContent("The key was used before for a different payload."),
  429: problemContent("Too many requests of this caller, or too many tasks at once; see Retry-After."),
  503: problemContent(
    "The task may or may not have been accepted, unless the code is overloaded; see Retry-After, and repeat with the same key.",
  ),
};

const responses: RouteConfig["responses"] = { ...accessResponses, ...enqueuedResponses, ...bodyResponses };

/** The header with the idempotency key, for the description. */
export const KEY_PARAMETER = {
  name: IDEMPOTENCY_KEY,
  in: "header" as const,
  description:
    "1 to 255 visible ASCII characters. Requests of one caller with the same key and payload make one task, however " +
    "far apart. Keys of different callers, or for different types, have nothing to do with each other.",
  schema: { type: "string" as const, minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
};

function routeOf(producer: Producer) {
  const sizes =
    `At most ${longestBody(producer)} bytes, ` +
    `of which the payload has at most ${producer.maxPayloadBytes} when it is written as JSON.stringify does.`;
  const example = exampleTask(producer.registry.types);
  return createRoute({
    method: "post",
    path: "/v1/tasks",
    operationId: "createTask",
    tags: ["tasks"],
    summary: "Hand over a task",
    parameters: [KEY_PARAMETER],
    // Described here, but validated below: the generator's own validation would stop at the first problem.
    request: {
      body: {
        required: true,
        description: `${BODY_RULES} ${sizes}`,
        content: {
          "application/json": {
            schema: { $ref: "#/components/schemas/NewTask" },
            ...(example === undefined ? {} : { example }),
          },
        },
      },
    },
    responses,
  });
}

/** Adds `POST /v1/tasks`. */
export function addCreateTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(routeOf(producer), async (context) => {
    const read = await readNewTask(context, producer);
    if (read.kind === "gone") return callerGone();
    if (read.kind === "refused") return problemResponse(read.problem);
    const parent = context.get("span")?.spanContext();
    const enqueued = await enqueueInSpan(read.task, parent, { producer, signal: context.req.raw.signal });
    if ("task" in enqueued) context.set("taskId", parseTaskId(enqueued.task.id));
    return enqueueResponse(enqueued);
  });
}

async function readNewTask(
  context: Context<ProducerEnv>,
  producer: Producer,
): Promise<ReadTask | { readonly kind: "gone" }> {
  const limits = { maxBytes: longestBody(producer), slot: context.get("slot") };
  const body = await readJsonBody(context.req.raw, limits);
  if (body.kind === "too-large") return { kind: "refused", problem: sizeProblem(producer.maxPayloadBytes) };
  if (body.kind === "broken-off") return { kind: "gone" };
  if (body.kind === "refused") return body;
  const { value, fields } = body.json;
  const caller = context.get("caller");
  const key = readKey((name) => context.req.header(name));
  return readRequestedTask({ body: value, payload: fields.get("payload"), key }, caller, producer);
}
