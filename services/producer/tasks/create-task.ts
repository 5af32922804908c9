import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { Context } from "hono";
import { type RequestProblem, problemResponse } from "../../../shared/http/problem.ts";
import { parseTaskId } from "../../../shared/contract/task-id.ts";
import type { Order } from "./enqueue.ts";
import { enqueueInSpan } from "./enqueue-in-span.ts";
import { isIdempotencyKey, keyOfScheduledRun } from "./idempotency-key.ts";
import { readJsonBody } from "../http/json-body.ts";
import { parseNewTask } from "./new-task.ts";
import { problemAnswer } from "../http/openapi.ts";
import type { Producer } from "../producer.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { taskAnswerSchema } from "./task-view.ts";
import { answerEnqueued } from "./enqueue-response.ts";

/** A body may be this many times as long as the payload in it: indented, escaped, and with what surrounds it. */
const BODY_TO_PAYLOAD = 2;

const IDEMPOTENCY_KEY = "Idempotency-Key";

const taskContent = { "application/json": { schema: taskAnswerSchema } };
const location = { Location: { schema: { type: "string" as const }, description: "The task's path." } };

const responses: RouteConfig["responses"] = {
  202: { description: "The task is in its queue.", headers: location, content: taskContent },
  200: {
    description: "A request with this key and payload was accepted before; this one did nothing.",
    headers: { ...location, "Idempotency-Replayed": { schema: { type: "string" }, description: "Always true." } },
    content: taskContent,
  },
  400: problemAnswer("The request is not valid; all that is wrong with it is listed."),
  409: problemAnswer("The key's task was removed from its queue before it ran."),
  413: problemAnswer("The payload is too large."),
  415: problemAnswer("The body is not JSON in UTF-8."),
  422: problemAnswer("The key was used before, for another payload."),
  429: problemAnswer("Too many tasks at once; see Retry-After."),
  503: problemAnswer("The task may have been accepted or not; see Retry-After, and repeat with the same key."),
};

const route = createRoute({
  method: "post",
  path: "/v1/tasks",
  summary: "Hand a task over",
  parameters: [
    {
      name: IDEMPOTENCY_KEY,
      in: "header" as const,
      description:
        "1 to 255 visible ASCII characters. Requests with one key and payload make one task, whenever they come.",
      schema: { type: "string" as const, minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
    },
  ],
  // Only described here: the generator's own validation would stop at the first thing that is wrong.
  request: {
    body: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/NewTask" } } } },
  },
  responses,
});

/** Adds `POST /v1/tasks`. */
export function addCreateTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  const tooLarge = (): Response => refuseSize(producer.maxPayloadBytes);
  app.use(route.path, bodyLimit({ maxSize: producer.maxPayloadBytes * BODY_TO_PAYLOAD, onError: tooLarge }));
  app.openapi(route, async (context) => {
    const body = await readJsonBody(context.req.raw);
    if (body.kind === "refused") return problemResponse(body.problem);

    const order = readOrder(context, body.value, producer);
    if (order.kind === "invalid") return refuseInput(order.problems);
    if (payloadBytes(order.order) > producer.maxPayloadBytes) return tooLarge();

    const span = context.get("span")?.spanContext();
    const enqueued = await enqueueInSpan(order.order, span, { producer, signal: context.req.raw.signal });
    if ("task" in enqueued) context.set("taskId", parseTaskId(enqueued.task.id));
    return answerEnqueued(enqueued);
  });
}

type ReadOrder =
  | { readonly kind: "valid"; readonly order: Order }
  | { readonly kind: "invalid"; readonly problems: readonly RequestProblem[] };

/** Body and headers together, so that all that is wrong is told at once. */
function readOrder(context: Context, body: unknown, { registry, clock }: Producer): ReadOrder {
  const key = context.req.header(IDEMPOTENCY_KEY) ?? keyOfScheduledRun((name) => context.req.header(name));
  const parsed = parseNewTask(body, { types: registry.types, nowMs: clock.now() });
  const problems: RequestProblem[] = parsed.kind === "invalid" ? [...parsed.problems] : [];
  if (key !== undefined && !isIdempotencyKey(key)) {
    problems.push({ path: IDEMPOTENCY_KEY, message: "must be 1 to 255 visible ASCII characters, without spaces" });
  }
  if (parsed.kind === "invalid" || problems.length > 0) return { kind: "invalid", problems };
  return {
    kind: "valid",
    order: {
      ...parsed.task,
      ...(key === undefined ? {} : { idempotencyKey: key }),
    },
  };
}

/** A short text can stand for a long one (1e20), so what counts is what will be sent. */
function payloadBytes({ payload }: Order): number {
  return Buffer.byteLength(JSON.stringify(payload));
}

function refuseInput(problems: readonly RequestProblem[]): Response {
  const detail = `${problems.length === 1 ? "One thing is" : `${problems.length} things are`} wrong with the request.`;
  return problemResponse({ status: 400, title: "Invalid request", code: "invalid-request", detail, problems });
}

function refuseSize(maxPayloadBytes: number): Response {
  const detail = `A payload may have at most ${maxPayloadBytes} bytes as JSON. Keep large data elsewhere and send where it is.`;
  return problemResponse({ status: 413, title: "Payload too large", code: "payload-too-large", detail });
}
