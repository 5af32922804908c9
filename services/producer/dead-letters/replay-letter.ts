import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { anyJson } from "../../../shared/contract/any-json.ts";
import { parseTaskId } from "../../../shared/contract/task-id.ts";
import { type Problem, problemResponse } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import { writeTraceParent } from "../../../shared/tracing/trace-context.ts";
import { accessResponses } from "../access/refusals.ts";
import { callerGone, inputProblem, refuse, sizeProblem } from "../http/failures.ts";
import { BODY_RULES, readJsonBody } from "../http/json-body.ts";
import { bodyResponses, jsonBody, jsonContent, problemContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { type Producer, longestBody } from "../producer.ts";
import { IDEMPOTENCY_KEY, readKey } from "../tasks/idempotency-key.ts";
import { EXAMPLE_ID, taskPath } from "../tasks/status/task-view.ts";
import type { ReplayRequest } from "./decide-replay.ts";
import { LETTER_ID_PARAMETER } from "./letter/letter-in-path.ts";
import { isLetterId } from "./read-letter.ts";
import { NO_SUCH_LETTER, noSuchLetter, replayProblem } from "./replay-problems.ts";
import { type Replayed, replay } from "./replay.ts";

const bodySchema = z.strictObject({
  again: z
    .literal(true)
    .optional()
    .describe("Replay the letter even if it was replayed before. Default: the earlier task is returned."),
  payload: anyJson
    .optional()
    .describe("The new task's payload. Default: the letter's. The letter records the hash of another payload."),
});

const replayedSchema = z
  .object({
    id: z.string().openapi({ description: "The new task." }),
    replayOf: z.string().openapi({ description: "The dead letter." }),
  })
  .openapi("Replayed", { example: { id: EXAMPLE_ID, replayOf: `${"0a6d".repeat(8)}-default` } });

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  ...bodyResponses,
  202: jsonContent("The letter is now a new task.", replayedSchema),
  200: jsonContent(
    "The letter was replayed before, or with this key, as this task. This request did nothing.",
    replayedSchema,
  ),
  404: problemContent(NO_SUCH_LETTER),
  409: problemContent(
    "unknown-type: this service doesn't know the type. payload-omitted: the letter doesn't have its task's payload, so send one. " +
      "letter-not-replayable: no task can refer to the letter's name, because it is too long or has control characters, or Handoff didn't write the letter.",
  ),
  422: problemContent(
    "The type doesn't accept the payload. Everything that is wrong with it is listed; send another one.",
  ),
  503: problemContent("The letter may or may not have been replayed; see Retry-After, and repeat the request."),
};

const parameters = [
  LETTER_ID_PARAMETER,
  {
    name: IDEMPOTENCY_KEY,
    in: "header" as const,
    description:
      "1 to 255 visible ASCII characters. Required with again. The letter remembers the last 20 keys; a request with one of " +
      "them gets the task that it made.",
    schema: { type: "string" as const, minLength: 1, maxLength: 255, pattern: "^[\\x21-\\x7e]+$" },
  },
];

function routeOf(producer: Producer) {
  return createRoute({
    method: "post",
    path: "/v1/dead-letters/{id}/replay",
    operationId: "replayDeadLetter",
    tags: ["dead-letters"],
    summary: "Replay a dead letter",
    description: "Makes a new task from the letter's payload. It belongs to the caller who handed over the original.",
    parameters,
    request: {
      body: jsonBody(
        { name: "ReplayRequest", schema: bodySchema },
        {
          required: false,
          description: `${BODY_RULES} At most ${longestBody(producer)} bytes.`,
          example: { again: true },
        },
      ),
    },
    responses,
  });
}

/** Adds `POST /v1/dead-letters/{id}/replay`. */
export function addReplayLetter(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(routeOf(producer), async (context) => {
    const letterId = context.req.param("id");
    if (!isLetterId(letterId)) return problemResponse(noSuchLetter());
    const read = await readRequest(context, producer);
    if (read.kind === "refused") return read.response;
    const replayed = await replay(letterId, read.request, producer);
    if ("id" in replayed) context.set("taskId", parseTaskId(replayed.id));
    return replayResponse(replayed, letterId);
  });
}

type ReadRequest =
  | { readonly kind: "read"; readonly request: ReplayRequest }
  | { readonly kind: "refused"; readonly response: Response };

async function readRequest(context: Context<ProducerEnv>, producer: Producer): Promise<ReadRequest> {
  const limits = { maxBytes: longestBody(producer), slot: context.get("slot"), ifEmpty: {} };
  const body = await readJsonBody(context.req.raw, limits);
  if (body.kind === "broken-off") return { kind: "refused", response: callerGone() };
  if (body.kind === "too-large") return refused(sizeProblem(producer.maxPayloadBytes));
  if (body.kind === "refused") return refused(body.problem);

  const { value } = body.json;
  const parsed = bodySchema.safeParse(value);
  const caller = context.get("caller");
  const read = readKey((name) => context.req.header(name));
  const key = read.kind === "read" ? read.key?.text : undefined;
  const problems = [
    ...schemaProblems(parsed.error, { value }),
    ...(read.kind === "invalid" ? [read.problem] : []),
    ...(parsed.data?.again && read.kind === "read" && key === undefined ? [KEY_MISSING] : []),
  ];
  if (!parsed.success || problems.length > 0) return refused(inputProblem(problems));
  const { again = false, payload } = parsed.data;
  const span = context.get("span");
  const traceparent = span && writeTraceParent(span.spanContext());
  const request = {
    by: caller.email,
    again,
    ...(key === undefined ? {} : { key }),
    ...(payload === undefined ? {} : { payload }),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { kind: "read", request };
}

const KEY_MISSING = {
  path: IDEMPOTENCY_KEY,
  message: "is required with again: a repeated request would replay it again",
};

function refused(problem: Problem): ReadRequest {
  return { kind: "refused", response: problemResponse(problem) };
}

function replayResponse(replayed: Replayed, letterId: string): Response {
  if (!("id" in replayed)) return refuse(replayProblem(replayed));
  const { kind, id } = replayed;
  const init = { status: kind === "accepted" ? 202 : 200, headers: { location: taskPath(id) } };
  return Response.json({ id, replayOf: letterId }, init);
}
