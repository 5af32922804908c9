import { type OpenAPIHono, type RouteConfig, createRoute } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Problem, type RequestProblem, problemResponse } from "../../../shared/http/problem.ts";
import { parseTaskId } from "../../../shared/contract/task-id.ts";
import { enqueueInSpan } from "./enqueue-in-span.ts";
import { isIdempotencyKey, schedulerKey } from "./idempotency-key.ts";
import { callerGone } from "../http/failures.ts";
import { readJsonBody } from "../http/json-body.ts";
import { type ParsedNewTask, type NewTask, parseNewTask } from "./new-task.ts";
import { problemContent } from "../http/openapi.ts";
import { type Producer, longestBody } from "../producer.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { taskViewSchema } from "./task-view.ts";
import { enqueueResponse } from "./enqueue-response.ts";

const IDEMPOTENCY_KEY = "Idempotency-Key";

const taskContent = { "application/json": { schema: taskViewSchema } };
const location = { Location: { schema: { type: "string" as const }, description: "The task's path." } };

const responses: RouteConfig["responses"] = {
  202: { description: "The task is in its queue.", headers: location, content: taskContent },
  200: {
    description: "A request with this key and payload was accepted before. This one did nothing.",
    headers: { ...location, "Idempotency-Replayed": { schema: { type: "string" }, description: "Always true." } },
    content: taskContent,
  },
  400: problemContent("The request is not valid. Everything that is wrong with it is listed."),
  409: problemContent("The task with this key was removed from its queue before it ran."),
  413: problemContent("The payload is too large."),
  415: problemContent("The body is not JSON in UTF-8."),
  422: problemContent("The key was used before for a different payload."),
  429: problemContent("Too many tasks at once; see Retry-After."),
  503: problemContent(
    "The task may or may not have been accepted, unless the code is overloaded; see Retry-After, and repeat with the same key.",
  ),
};

const route = createRoute({
  method: "post",
  path: "/v1/tasks",
  summary: "Hand over a task",
  parameters: [
    {
      name: IDEMPOTENCY_KEY,
      in: "header" as const,
      description:
        "1 to 255 visible ASCII characters. Requests with the same key and payload make one task, however far apart.",
      schema: { type: "string" as const, minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
    },
  ],
  // Described here, but validated below: the generator's own validation would stop at the first problem.
  request: {
    body: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/NewTask" } } } },
  },
  responses,
});

export function addCreateTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const read = await readNewTask(context, producer);
    if (read.kind === "refused") return read.response;
    const parent = context.get("span")?.spanContext();
    const enqueued = await enqueueInSpan(read.task, parent, { producer, signal: context.req.raw.signal });
    if ("task" in enqueued) context.set("taskId", parseTaskId(enqueued.task.id));
    return enqueueResponse(enqueued);
  });
}

type ReadNewTask =
  | { readonly kind: "read"; readonly task: NewTask }
  | { readonly kind: "refused"; readonly response: Response };

/** The values of the body don't outlive this function: a request that waits for its queue holds the payload as text. */
async function readNewTask(context: Context<ProducerEnv>, producer: Producer): Promise<ReadNewTask> {
  const { maxPayloadBytes } = producer;
  const limits = { maxBytes: longestBody(producer), slot: context.get("slot") };
  const body = await readJsonBody(context.req.raw, limits);
  if (body.kind === "too-large") return refuse(sizeProblem(maxPayloadBytes));
  if (body.kind === "broken-off") return { kind: "refused", response: callerGone() };
  if (body.kind === "refused") return refuse(body.problem);

  const parsed = parseRequest(context, body.json.value, producer);
  if (parsed.kind === "invalid") return refuse(inputProblem(parsed.problems));
  const json = JSON.stringify(parsed.task.payload);
  // A short text can stand for a long one (1e20), so the size that counts is that of what will be sent.
  if (Buffer.byteLength(json) > maxPayloadBytes) return refuse(sizeProblem(maxPayloadBytes));
  const payload = { json, hash: body.json.hashes.get("payload") ?? "" };
  return { kind: "read", task: { ...parsed.task, payload } };
}

function refuse(problem: Problem): ReadNewTask {
  return { kind: "refused", response: problemResponse(problem) };
}

/** Body and headers together, so that every problem is reported at once. */
function parseRequest(context: Context, body: unknown, { registry, clock }: Producer): ParsedNewTask {
  const parsed = parseNewTask(body, { types: registry.types, nowMs: clock.now() });
  const idempotencyKey = context.req.header(IDEMPOTENCY_KEY) ?? schedulerKey((name) => context.req.header(name));
  if (idempotencyKey === undefined) return parsed;
  if (isIdempotencyKey(idempotencyKey)) {
    return parsed.kind === "invalid" ? parsed : { ...parsed, task: { ...parsed.task, idempotencyKey } };
  }
  const path = IDEMPOTENCY_KEY;
  const problem = { path, message: "must be 1 to 255 visible ASCII characters, without spaces" };
  return { kind: "invalid", problems: parsed.kind === "invalid" ? [...parsed.problems, problem] : [problem] };
}

function inputProblem(problems: readonly RequestProblem[]): Problem {
  const detail = `${problems.length === 1 ? "One thing is" : `${problems.length} things are`} wrong with the request.`;
  return { status: 400, title: "Invalid request", code: "invalid-request", detail, problems };
}

function sizeProblem(maxPayloadBytes: number): Problem {
  const detail = `A payload may have at most ${maxPayloadBytes} bytes as JSON. Store larger data elsewhere and send a reference to it.`;
  return { status: 413, title: "Payload too large", code: "payload-too-large", detail };
}
