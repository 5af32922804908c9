import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { type Problem, problemBody, problemResponse } from "../../../../shared/http/problem.ts";
import { accessResponses, refuseRate } from "../../access/refusals.ts";
import { callerGone, laterHeaders } from "../../http/failures.ts";
import { BODY_RULES, readJsonBytes } from "../../http/json-body.ts";
import { exampleTask } from "../../description/task-schemas.ts";
import { NAME, bodyResponses, jsonContent, problemSchema } from "../../http/openapi.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import { MAX_BATCH_BYTES, type Producer } from "../../producer.ts";
import type { EnqueueResult } from "../enqueue-response.ts";
import { EXAMPLE_ID, TASK_EXAMPLE, taskViewSchema } from "../status/task-view.ts";
import { enqueueBatch } from "./enqueue-batch.ts";
import { MAX_ITEMS, readBatch } from "./read-batch.ts";

const resultSchema = z.object({
  status: z.int().openapi({ description: "What POST /v1/tasks would have responded for this task alone." }),
  id: z.string().optional().openapi({ description: "The task's id, if it was accepted, now or before." }),
  task: taskViewSchema.optional(),
  problem: problemSchema.optional().openapi({ description: "Why it was not accepted. Paths begin at the item." }),
});

const resultsSchema = z
  .object({ results: z.array(resultSchema).openapi({ description: "One for each task, in their order." }) })
  .openapi("BatchResults", { example: { results: [{ status: 200, id: EXAMPLE_ID, task: TASK_EXAMPLE }] } });

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  ...bodyResponses,
  200: {
    ...jsonContent(
      "The result of each task. If some may be accepted later, Retry-After says when to repeat the batch.",
      resultsSchema,
    ),
    headers: {
      "Retry-After": { schema: { type: "string" as const }, description: "Seconds. Only if an item is 429 or 503." },
    },
  },
};

const DESCRIPTION =
  "Each task is handled like a request of its own: it has its own key, counts towards the caller's rate, and gets its own " +
  "result. A task that is invalid or not accepted doesn't stop the others. But nothing is enqueued if the body isn't a list " +
  `of at most ${MAX_ITEMS} tasks that each have an idempotencyKey. You can safely repeat the whole batch: tasks that were ` +
  "accepted before then get 200 instead of 202.";

/** The batch's own schema. Items are described by their own schema, and checked one by one. */
const batchSchema: object = {
  [NAME]: "NewBatch",
  type: "object",
  required: ["tasks"],
  additionalProperties: false,
  properties: { tasks: { type: "array", maxItems: MAX_ITEMS, items: { $ref: "#/components/schemas/NewBatchTask" } } },
};

function routeOf({ registry }: Pick<Producer, "registry">) {
  const task = exampleTask(registry.types);
  const example = task && { example: { tasks: [{ ...task, idempotencyKey: "order-7-paid" }] } };
  return createRoute({
    method: "post",
    path: "/v1/tasks/batch",
    operationId: "createTasks",
    tags: ["tasks"],
    summary: "Enqueue many tasks",
    description: DESCRIPTION,
    // Described here, but validated below, item by item.
    request: {
      body: {
        required: true,
        description: `At most ${MAX_BATCH_BYTES} bytes. Each item: ${BODY_RULES}`,
        content: { "application/json": { schema: batchSchema, ...example } },
      },
    },
    responses,
  });
}

/** Adds `POST /v1/tasks/batch`. */
export function addCreateTasks(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(routeOf(producer), async (context) => {
    const request = context.req.raw;
    const { signal } = request;
    const [caller, slot] = [context.get("caller"), context.get("slot")];
    const body = await readJsonBytes(request, MAX_BATCH_BYTES);
    if (body.kind === "too-large") return problemResponse(TOO_LARGE);
    if (body.kind === "broken-off") return callerGone();
    if (body.kind === "refused") return problemResponse(body.problem);
    const batch = await readBatch(body.bytes, { caller, slot, signal }, producer);
    if (batch.kind === "refused") return problemResponse(batch.problem);
    // The request itself was counted when it arrived.
    const waitMs = producer.callerRate?.take(caller.email, batch.tasks.length - 1);
    if (waitMs !== undefined) return refuseRate(waitMs);
    const results = await enqueueBatch(batch.tasks, context.get("span")?.spanContext(), { producer, signal });
    return results ? batchResponse(results) : callerGone();
  });
}

const TOO_LARGE: Problem = {
  status: 413,
  title: "Body too large",
  code: "body-too-large",
  detail: `The body may have at most ${MAX_BATCH_BYTES} bytes. Send fewer tasks at once.`,
};

function batchResponse(results: readonly EnqueueResult[]): Response {
  const problems = results.flatMap((result) => (result.kind === "problem" ? [result.problem] : []));
  return Response.json({ results: results.map(describe) }, { headers: laterHeaders(problems) });
}

function describe(result: EnqueueResult) {
  if (result.kind === "task") return { status: result.status, id: result.task.id, task: result.task };
  const { problem } = result;
  return { status: problem.status, problem: problemBody(problem) };
}
