import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { problemResponse } from "../../../../shared/http/problem.ts";
import { schemaProblems } from "../../../../shared/http/schema-problems.ts";
import { accessResponses } from "../../access/refusals.ts";
import { mayRunTask } from "../../access/rules.ts";
import { NO_SUCH_TASK, callerGone, inputProblem, noSuchTask, tryLater } from "../../http/failures.ts";
import { BODY_RULES, readJsonBody } from "../../http/json-body.ts";
import { bodyResponses, jsonBody, jsonContent, problemContent } from "../../http/openapi.ts";
import { TASK_ID_PARAMETER, taskInPath } from "../task-in-path.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import type { Producer } from "../../producer.ts";
import { dueAtMsOf, dueTimeFields, dueTimeProblems } from "../../../../shared/contract/new-task/due-time.ts";
import { taskViewSchema } from "../status/task-view.ts";
import { type Moved, runTask } from "./run.ts";

/** A time and its name. */
const MAX_BYTES = 1_024;

const { scheduleTime } = dueTimeFields;
const bodySchema = z.strictObject({
  scheduleTime: scheduleTime.describe(`${scheduleTime.description ?? ""} Default: now.`),
});

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  ...bodyResponses,
  202: jsonContent("The task is due at the new time, and won't run at its old one.", taskViewSchema),
  403: problemContent("The task is another caller's, or nobody knows whose it is. The detail says what is missing."),
  404: problemContent(NO_SUCH_TASK),
  409: problemContent(
    "task-running: an attempt is in progress, or was asked to end the task. already-finished: the task has ended. " +
      "task-removed: it was taken out of its queue, with its payload. foreign-task: this service did not enqueue it.",
  ),
  503: problemContent("The task may or may not be due at the new time; see Retry-After, and repeat the request."),
};

const route = createRoute({
  method: "post",
  path: "/v1/tasks/{id}/run",
  operationId: "runTask",
  tags: ["tasks"],
  summary: "Run a task now, or at another time",
  description:
    "Works for a task that is queued, scheduled or waiting, and counts no attempt. You can safely repeat the request: the " +
    "task runs once, at the new time.",
  parameters: [TASK_ID_PARAMETER],
  request: {
    body: jsonBody(
      { name: "RunRequest", schema: bodySchema },
      {
        required: false,
        description: `Without a body, the task runs now. At most ${MAX_BYTES} bytes. ${BODY_RULES}`,
        example: { scheduleTime: "2030-01-31T08:00:00Z" },
      },
    ),
  },
  responses,
});

/** Adds `POST /v1/tasks/{id}/run`. */
export function addRunTask(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const id = taskInPath(context, producer);
    if (!id) return noSuchTask();
    const read = await readNewTime(context, producer);
    if (read.kind === "refused") return read.response;
    const caller = context.get("caller");
    const request = { id, dueAtMs: read.dueAtMs, mayRun: (owner: string | undefined) => mayRunTask(caller, owner) };
    return runResponse(await runTask(request, producer, context.req.raw.signal));
  });
}

type ReadNewTime =
  | { readonly kind: "read"; readonly dueAtMs: number | null }
  | { readonly kind: "refused"; readonly response: Response };

function refused(response: Response): ReadNewTime {
  return { kind: "refused", response };
}

async function readNewTime(context: Context<ProducerEnv>, { clock }: Producer): Promise<ReadNewTime> {
  const body = await readJsonBody(context.req.raw, { maxBytes: MAX_BYTES, slot: context.get("slot"), ifEmpty: {} });
  switch (body.kind) {
    case "too-large":
      return refused(
        problemResponse({
          status: 413,
          title: "Body too large",
          code: "body-too-large",
          detail: `The body of this request may have at most ${MAX_BYTES} bytes.`,
        }),
      );
    case "broken-off":
      return refused(callerGone());
    case "refused":
      return refused(problemResponse(body.problem));
    case "parsed": {
      const { value } = body.json;
      const parsed = bodySchema.safeParse(value);
      const nowMs = clock.now();
      const problems = parsed.success ? dueTimeProblems(parsed.data, nowMs) : schemaProblems(parsed.error, { value });
      if (!parsed.success || problems.length > 0) return refused(problemResponse(inputProblem(problems)));
      return { kind: "read", dueAtMs: dueAtMsOf(parsed.data, nowMs) ?? null };
    }
    default:
      return body satisfies never;
  }
}

function runResponse(moved: Moved): Response {
  switch (moved.kind) {
    case "moved":
      return Response.json(moved.task, { status: 202 });
    case "running":
      return conflict("task-running", "Task running", "An attempt is in progress, or was asked to end the task.");
    case "finished":
      return conflict(
        "already-finished",
        "Already finished",
        `The task can't run any more: its state is ${moved.state}.`,
      );
    case "removed":
      return conflict(
        "task-removed",
        "Task removed",
        "The task was taken out of its queue, and its payload is gone. Enqueue it again to have it done.",
      );
    case "foreign":
      return conflict(
        "foreign-task",
        "Not a task of this service",
        "The task in the queue was enqueued by something else, or by a later version of this service, and can't be moved here.",
      );
    case "unknown":
      return noSuchTask();
    case "forbidden":
      return problemResponse(moved.access.problem);
    case "unclear":
      return tryLater(503, {
        title: "Service unavailable",
        code: "outcome-unknown",
        detail:
          "The task may or may not be due at the new time: an attempt holds it, or a service did not respond. Repeat the request.",
      });
    default:
      return moved satisfies never;
  }
}

function conflict(code: string, title: string, detail: string): Response {
  return problemResponse({ status: 409, title, code, detail });
}
