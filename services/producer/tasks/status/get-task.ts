import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { TaskId } from "../../../../shared/contract/task-id.ts";
import { problemResponse } from "../../../../shared/http/problem.ts";
import { accessResponses } from "../../access/refusals.ts";
import { mayAct } from "../../access/rules.ts";
import { NO_SUCH_TASK, inputProblem, noSuchTask, tryLater } from "../../http/failures.ts";
import { jsonContent, problemContent, sharedResponse } from "../../http/openapi.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import { queryParameters, readQuery } from "../../http/query.ts";
import type { Producer } from "../../producer.ts";
import { TASK_ID_PARAMETER, taskInPath } from "../task-in-path.ts";
import { type LookUp, lookUp } from "./look-up.ts";
import type { TaskFacts } from "./task-status.ts";
import { taskViewSchema } from "./task-view.ts";
import { ETAG_PATTERN, type ToldTask, tellTask } from "./told-task.ts";
import { waitForTask } from "./wait-for-task.ts";
import { MAX_WAITS, MAX_WAITS_PER_CALLER } from "./waits.ts";

const MAX_WAIT_SECONDS = 30;

const WAIT_RULE = `must be a whole number from 0 to ${MAX_WAIT_SECONDS}`;

const querySchema = z.object({
  include: z
    .enum(["payload"], "must be payload")
    .optional()
    .describe("payload: what the task carries, too. For operators only."),
  waitSeconds: z
    .string()
    .regex(/^[0-9]{1,2}$/, WAIT_RULE)
    .transform(Number)
    .pipe(z.int().min(0).max(MAX_WAIT_SECONDS, WAIT_RULE))
    .optional()
    .describe(
      "How long to wait: until the view differs from since, or without that until the task has ended. Then, or when time " +
        "is up, the view of that moment is the response.",
    ),
  since: z
    .string()
    .regex(ETAG_PATTERN, "must be the ETag of an earlier response")
    .optional()
    .describe("The ETag of the view that is known already, with or without its quotes. Only with waitSeconds."),
});

type Query = z.output<typeof querySchema>;

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: {
    ...jsonContent("What is known about the task.", taskViewSchema),
    headers: { ETag: { schema: { type: "string" as const }, description: "Strong. It changes when the view does." } },
  },
  400: sharedResponse("InvalidRequest"),
  403: problemContent(
    "The task is another caller's, nobody knows whose it is, or its payload was asked for. The detail says what is missing.",
  ),
  404: problemContent(NO_SUCH_TASK),
  429: problemContent("Too many requests of this caller, or too many that wait; see Retry-After."),
  503: problemContent("The task could not be looked up; see Retry-After."),
};

const route = createRoute({
  method: "get",
  path: "/v1/tasks/{id}",
  operationId: "getTask",
  tags: ["tasks"],
  summary: "Ask how a task is doing",
  description:
    "Tells the whole story of a task: its attempts, the next one and what set its time, its result, and where it belongs. " +
    `With waitSeconds it waits for a change; at most ${MAX_WAITS_PER_CALLER} requests of a caller do so at once. If-None-Match ` +
    "is not evaluated: use since.",
  parameters: [TASK_ID_PARAMETER, ...queryParameters(querySchema)],
  responses,
});

/** Adds `GET /v1/tasks/{id}`. */
export function addGetTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const id = taskInPath(context, producer);
    if (!id) return noSuchTask();
    const read = readQuery(context, querySchema);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    const { query } = read;
    if (query.since !== undefined && query.waitSeconds === undefined) return problemResponse(SINCE_ALONE);
    const access = query.include ? mayAct(context.get("caller"), "read payloads") : undefined;
    if (access?.allowed === false) return problemResponse(access.problem);
    return await respondWithTask(id, query, { context, producer });
  });
}

const SINCE_ALONE = inputProblem([
  { path: "since", message: "is for waiting: send waitSeconds, too, or leave it out" },
]);

interface Asked {
  readonly context: Context<ProducerEnv>;
  readonly producer: Producer;
}

/** Responds with the task, once it has ended or changed if the query waits for that. */
async function respondWithTask(id: TaskId, query: Query, { context, producer }: Asked): Promise<Response> {
  const { include, waitSeconds = 0 } = query;
  const caller = context.get("caller");
  const task: LookUp = { id, view: include ? "payload" : "basic", signal: context.req.raw.signal };
  const on = { caller, withPayload: include !== undefined };
  if (waitSeconds === 0) return toldResponse(await tellTask(await lookUp(task, producer), on, producer));

  const endWait = producer.waits.begin(caller.email);
  if (!endWait) return tooManyWaits();
  // A wait holds no body, and would keep one of the places for requests that do something. It is counted among the waits.
  context.get("slot").release();
  try {
    const wait = {
      waitMs: waitSeconds * 1_000,
      ended: producer.waits.ended,
      tell: (facts: TaskFacts) => tellTask(facts, on, producer),
      isEnough: (told: ToldTask) => isNews(told, query.since),
    };
    return toldResponse(await waitForTask(task, wait, producer));
  } finally {
    endWait();
  }
}

/** Whether there is something to tell somebody who knows the view with an ETag, or else waits for the task's end. */
function isNews(told: ToldTask, since: string | undefined): boolean {
  if (told.kind === "refused") return true;
  return since === undefined ? told.hasEnded : told.etag !== `"${since.replaceAll('"', "")}"`;
}

function toldResponse(told: ToldTask): Response {
  if (told.kind === "refused") return problemResponse(told.problem);
  return new Response(told.json, { headers: { "content-type": "application/json", etag: told.etag } });
}

function tooManyWaits(): Response {
  return tryLater(429, {
    title: "Too many requests",
    code: "too-many-waits",
    detail:
      `At most ${MAX_WAITS_PER_CALLER} requests of a caller, and ${MAX_WAITS} in all, wait on an instance at once. ` +
      "Ask again later, or without waitSeconds.",
  });
}
