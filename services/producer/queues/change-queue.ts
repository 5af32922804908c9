import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { problemResponse } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import { accessResponses } from "../access/refusals.ts";
import { callerGone, inputProblem } from "../http/failures.ts";
import { BODY_RULES, readJsonBody } from "../http/json-body.ts";
import { bodyResponses, jsonBody, jsonContent, problemContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";
import type { QueueChange } from "./queue-control.ts";
import { NO_SUCH_QUEUE, QUEUE_KEY_PARAMETER, noSuchQueue, queueInPath } from "./queue-in-path.ts";
import { describeQueue, queueViewSchema } from "./queue-view.ts";

/** Enough for a queue's key. */
const MAX_BYTES = 1_024;

const purgeSchema = z.strictObject({
  queue: z.string().meta({ description: "The queue's key again, so that nobody purges another queue by mistake." }),
});

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("Done. The response shows the queue as it is now.", queueViewSchema),
  404: problemContent(NO_SUCH_QUEUE),
  503: problemContent("It may or may not have been done; see Retry-After, and repeat the request."),
};

const pauseRoute = createRoute({
  method: "post",
  path: "/v1/queues/{key}/pause",
  operationId: "pauseQueue",
  tags: ["queues"],
  summary: "Pause a queue",
  description: "It still accepts tasks, but delivers none until it is resumed. Deliveries in progress continue.",
  parameters: [QUEUE_KEY_PARAMETER],
  responses,
});

const resumeRoute = createRoute({
  method: "post",
  path: "/v1/queues/{key}/resume",
  operationId: "resumeQueue",
  tags: ["queues"],
  summary: "Resume a queue",
  description: "It delivers what is due, at its configured rate.",
  parameters: [QUEUE_KEY_PARAMETER],
  responses,
});

const purgeRoute = createRoute({
  method: "post",
  path: "/v1/queues/{key}/purge",
  operationId: "purgeQueue",
  tags: ["queues"],
  summary: "Remove every task from a queue",
  description:
    "It can't be undone: the tasks' payloads are stored nowhere else, and no dead letters are made. Cloud Tasks takes up " +
    "to a minute, and may deliver some of them meanwhile. Attempts in progress run to their end. Tasks that are created later " +
    "stay, and so do those that are in the outbox at that moment.",
  parameters: [QUEUE_KEY_PARAMETER],
  request: {
    body: jsonBody(
      { name: "PurgeRequest", schema: purgeSchema },
      { required: true, description: `At most ${MAX_BYTES} bytes. ${BODY_RULES}`, example: { queue: "default" } },
    ),
  },
  responses: {
    ...responses,
    ...bodyResponses,
    409: problemContent("queue-mismatch: the body and the path name different queues. Nothing was done."),
  },
});

/** `POST /v1/queues/{key}/pause`, `/resume` and `/purge`. */
export function addChangeQueue(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(pauseRoute, async (context) => await change("pause", context, producer));
  app.openapi(resumeRoute, async (context) => await change("resume", context, producer));
  app.openapi(purgeRoute, async (context) => await change("purge", context, producer));
}

async function change(what: QueueChange, context: Context<ProducerEnv>, producer: Producer): Promise<Response> {
  const key = queueInPath(context, producer);
  if (key === undefined) return noSuchQueue(producer);
  const refusal = what === "purge" ? await refusePurge(key, context) : undefined;
  if (refusal) return refusal;

  const { queues, clock, log, inFlight } = producer;
  const deadline = { clock, timeoutMs: LOOK_UP_TIMEOUT_MS };
  // The access log only has the route, which doesn't name the queue.
  log.info({ queue: key, change: what, caller: context.get("caller").email }, "a queue is changed");
  // Continues without its caller: changing half of a queue's shards would be worse than all or none.
  await inFlight.track(queues.change(key, what, deadline));
  const status = await queues.status(key, { ...deadline, signal: context.req.raw.signal });
  return Response.json(describeQueue(key, status, producer.console));
}

/** A request to purge a queue must repeat its key in the body. */
async function refusePurge(key: string, context: Context<ProducerEnv>): Promise<Response | undefined> {
  const body = await readJsonBody(context.req.raw, { maxBytes: MAX_BYTES, slot: context.get("slot"), ifEmpty: {} });
  switch (body.kind) {
    case "too-large":
      return problemResponse({
        status: 413,
        title: "Body too large",
        code: "body-too-large",
        detail: `The body of this request may have at most ${MAX_BYTES} bytes.`,
      });
    case "broken-off":
      return callerGone();
    case "refused":
      return problemResponse(body.problem);
    case "parsed": {
      const { value } = body.json;
      const parsed = purgeSchema.safeParse(value);
      if (!parsed.success) return problemResponse(inputProblem(schemaProblems(parsed.error, { value })));
      return parsed.data.queue === key ? undefined : mismatch(key);
    }
    default:
      return body satisfies never;
  }
}

function mismatch(key: string): Response {
  const detail = `The body must name the queue that the path names: send {"queue":"${key}"} to purge ${key}. Nothing was done.`;
  return problemResponse({ status: 409, title: "Another queue", code: "queue-mismatch", detail });
}
