import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { accessResponses } from "../access/refusals.ts";
import { inputProblem } from "../http/failures.ts";
import { jsonContent, problemContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { noParameters, readQuery } from "../http/query.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import { NO_SUCH_QUEUE, QUEUE_KEY_PARAMETER, noSuchQueue, queueInPath } from "./queue-in-path.ts";
import type { QueueStatus } from "./queue-control.ts";
import { describeQueue, queueViewSchema } from "./queue-view.ts";

/** How many queues are read at once. */
const CONCURRENCY = 10;

const CANT_TELL = problemContent("Cloud Tasks did not respond for every requested queue; see Retry-After.");

const listResponses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent(
    "All queues, in the order in which they are defined.",
    z.object({ items: z.array(queueViewSchema) }).openapi("QueueList"),
  ),
  400: sharedResponse("InvalidRequest"),
  503: CANT_TELL,
};

const listRoute = createRoute({
  method: "get",
  path: "/v1/queues",
  operationId: "listQueues",
  tags: ["queues"],
  summary: "List the queues",
  responses: listResponses,
});

const getResponses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("The queue's state, depth and rates.", queueViewSchema),
  400: sharedResponse("InvalidRequest"),
  404: problemContent(NO_SUCH_QUEUE),
  503: CANT_TELL,
};

const getRoute = createRoute({
  method: "get",
  path: "/v1/queues/{key}",
  operationId: "getQueue",
  tags: ["queues"],
  summary: "Get a queue's state, depth and rates",
  parameters: [QUEUE_KEY_PARAMETER],
  responses: getResponses,
});

/** `GET /v1/queues` and `GET /v1/queues/{key}`. */
export function addReadQueues(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  const { registry, queues, clock } = producer;
  const deadlineFor = (request: Request) => ({ clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal: request.signal });

  app.openapi(listRoute, async (context) => {
    const read = readQuery(context, noParameters);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    const deadline = deadlineFor(context.req.raw);
    const keys = [...registry.queues.keys()];
    const statuses = new Map<string, QueueStatus>();
    await forEachConcurrently(
      keys,
      CONCURRENCY,
      async (key) => void statuses.set(key, await queues.status(key, deadline)),
    );
    const items = keys.flatMap((key) => {
      const status = statuses.get(key);
      return status ? [describeQueue(key, status, producer.console)] : [];
    });
    return Response.json({ items });
  });

  app.openapi(getRoute, async (context) => {
    const key = queueInPath(context, producer);
    if (key === undefined) return noSuchQueue(producer);
    const read = readQuery(context, noParameters);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    return Response.json(describeQueue(key, await queues.status(key, deadlineFor(context.req.raw)), producer.console));
  });
}
