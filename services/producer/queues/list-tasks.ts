import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { accessResponses } from "../access/refusals.ts";
import { UNKNOWN_CURSOR, cursorOf, readCursor } from "../http/cursor.ts";
import { inputProblem } from "../http/failures.ts";
import { jsonContent, listOf, problemContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { cursorParameter, limitParameter, queryParameters, readQuery } from "../http/query.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { ListPlace } from "./queue-control.ts";
import { NO_SUCH_QUEUE, QUEUE_KEY_PARAMETER, noSuchQueue, queueInPath } from "./queue-in-path.ts";
import { describeListed, queuedTaskSchema } from "./queued-task-view.ts";

const querySchema = z.object({
  limit: limitParameter({ most: 100, byDefault: 50 }),
  cursor: cursorParameter,
});

/** A place in the list, in the small form for cursors. */
const placeSchema = z.tuple([z.int().nonnegative(), z.string()]);

const FIRST: ListPlace = { shard: 0, pageToken: "" };

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent(
    "Some of the queue's tasks, in no particular order. A page can have fewer items than the limit, or none, even if there " +
      "is a next one.",
    listOf("QueuedTaskList", queuedTaskSchema),
  ),
  400: sharedResponse("InvalidRequest"),
  404: problemContent(NO_SUCH_QUEUE),
};

const route = createRoute({
  method: "get",
  path: "/v1/queues/{key}/tasks",
  operationId: "listQueueTasks",
  tags: ["queues"],
  summary: "List the tasks in a queue",
  description:
    "The tasks as Cloud Tasks lists them, without payloads and records: a task's own status may show more. Cloud Tasks has " +
    "no filters and no order. Its cursors are valid for two hours.",
  parameters: [QUEUE_KEY_PARAMETER, ...queryParameters(querySchema)],
  responses,
});

/** Adds `GET /v1/queues/{key}/tasks`. */
export function addListQueueTasks(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  const { queues, clock } = producer;
  app.openapi(route, async (context) => {
    const key = queueInPath(context, producer);
    if (key === undefined) return noSuchQueue(producer);
    const read = readQuery(context, querySchema);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    const { limit: size, cursor } = read.query;
    const list = ["queue tasks", key];
    const place = cursor === undefined ? FIRST : placeOf(readCursor(cursor, { list, place: placeSchema }));
    const deadline = { clock, timeoutMs: LOOK_UP_TIMEOUT_MS, signal: context.req.raw.signal };
    const page = place && (await queues.list(key, { place, size }, deadline));
    if (!page) return problemResponse(inputProblem([UNKNOWN_CURSOR]));

    const nowMs = clock.now();
    const items = page.tasks.map((listed) => describeListed(listed, { key, nowMs }));
    const nextCursor = page.next && cursorOf([page.next.shard, page.next.pageToken], list);
    return Response.json({ items, ...(nextCursor === undefined ? {} : { nextCursor }) });
  });
}

function placeOf(found: z.infer<typeof placeSchema> | undefined): ListPlace | undefined {
  return found && { shard: found[0], pageToken: found[1] };
}
