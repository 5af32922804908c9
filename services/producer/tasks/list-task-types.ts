import { type OpenAPIHono, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import type { TaskType } from "../../../shared/contract/task-type.ts";
import { accessResponses } from "../access/refusals.ts";
import { inputProblem } from "../http/failures.ts";
import { inputSchema } from "../http/input-schema.ts";
import { jsonContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { noParameters, readQuery } from "../http/query.ts";
import type { Producer } from "../producer.ts";

const taskTypeSchema = z
  .object({
    type: z.string(),
    queue: z.string().openapi({ description: "Its queue's key." }),
    idempotency: z.enum(["natural", "transaction", "claim"]).openapi({
      description:
        "How it copes with being delivered more than once. A natural task leaves no record when it succeeds.",
    }),
    timeoutMs: z.int().openapi({ description: "How long an attempt may take." }),
    attempts: z.int().openapi({ description: "How many attempts there are before the task becomes a dead letter." }),
    backoff: z
      .object({ firstMs: z.int(), factor: z.number(), maxMs: z.int() })
      .optional()
      .openapi({
        description:
          "How long to wait after an attempt that failed: firstMs after the first, then factor times longer each time, at " +
          "most maxMs. Missing if its queue chooses.",
      }),
    payloadSchema: z.record(z.string(), z.unknown()).openapi({
      description: "What its payload must be: JSON Schema 2020-12. Descriptions say what that can't.",
    }),
  })
  .openapi("TaskType", {
    example: {
      type: "mail.send",
      queue: "default",
      idempotency: "claim",
      timeoutMs: 30_000,
      attempts: 15,
      payloadSchema: { type: "object", properties: { to: { type: "string" } }, required: ["to"] },
    },
  });

const listSchema = z.object({ items: z.array(taskTypeSchema) }).openapi("TaskTypeList");

const route = createRoute({
  method: "get",
  path: "/v1/task-types",
  operationId: "listTaskTypes",
  tags: ["tasks"],
  summary: "List the types of task",
  description: "All types, also those that the caller may not create.",
  responses: {
    ...accessResponses,
    200: jsonContent("The types, in the order of the registry.", listSchema),
    400: sharedResponse("InvalidRequest"),
  },
});

/** Adds `GET /v1/task-types`. */
export function addListTaskTypes(app: OpenAPIHono<ProducerEnv>, { registry }: Pick<Producer, "registry">): void {
  const items = [...registry.types.values()].map(describe);
  app.openapi(route, (context) => {
    const read = readQuery(context, noParameters);
    return read.kind === "invalid" ? problemResponse(inputProblem(read.problems)) : context.json({ items }, 200);
  });
}

function describe({ type, queue, idempotency, timeoutMs, attempts, backoff, payload }: TaskType) {
  return {
    type,
    queue,
    idempotency,
    timeoutMs,
    attempts,
    ...(backoff ? { backoff: { firstMs: backoff.firstMs, factor: backoff.factor, maxMs: backoff.maxMs } } : {}),
    payloadSchema: { ...inputSchema(payload) },
  };
}
