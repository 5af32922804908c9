import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../../shared/http/problem.ts";
import { accessResponses } from "../../access/refusals.ts";
import { mayAct } from "../../access/rules.ts";
import { inputProblem } from "../../http/failures.ts";
import { jsonContent, problemContent, sharedResponse } from "../../http/openapi.ts";
import type { ProducerEnv } from "../../http/producer-env.ts";
import { queryParameters, readQuery } from "../../http/query.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../../producer.ts";
import { LETTER_ID_PARAMETER, letterInPath } from "./letter-in-path.ts";
import { isThere, readLetter } from "../letter-reads.ts";
import { versionOf } from "./letter-version.ts";
import {
  EXAMPLE_LETTER,
  LISTED_FIELDS,
  describeAttemptLog,
  describeLetter,
  describePayload,
  letterViewSchema,
} from "../letter-view.ts";
import { NO_SUCH_LETTER, noSuchLetter } from "../replay-problems.ts";

const querySchema = z.object({
  include: z.literal("payload").optional().describe("Shows the payload, too. Only operators may ask for it."),
});

const etag = { description: "The letter's version, for If-Match.", schema: { type: "string" as const } };

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: {
    ...jsonContent("The letter.", letterViewSchema, { ...EXAMPLE_LETTER, attemptLog: [] }),
    headers: { ETag: etag },
  },
  400: sharedResponse("InvalidRequest"),
  404: problemContent(NO_SUCH_LETTER),
};

const route = createRoute({
  method: "get",
  path: "/v1/dead-letters/{id}",
  operationId: "getDeadLetter",
  tags: ["dead-letters"],
  summary: "Get a dead letter",
  parameters: [LETTER_ID_PARAMETER, ...queryParameters(querySchema)],
  responses,
});

/** Adds `GET /v1/dead-letters/{id}`. */
export function addGetLetter(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const read = readQuery(context, querySchema);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    const hasPayload = read.query.include === "payload";
    const access = mayAct(context.get("caller"), hasPayload ? "read payloads" : "read dead letters");
    if (!access.allowed) return problemResponse(access.problem);
    const id = letterInPath(context);
    if (id === undefined) return problemResponse(noSuchLetter());

    const untilMs = producer.clock.now() + LOOK_UP_TIMEOUT_MS;
    const fields = [...LISTED_FIELDS, "attemptLog", ...(hasPayload ? ["payloadJson", "payloadOmitted"] : [])];
    const letter = await readLetter(id, { producer, untilMs, isFirst: true, fields });
    const view = letter && isThere(letter) ? describeLetter(letter) : undefined;
    if (!letter || !view) return problemResponse(noSuchLetter());
    const whole = { ...view, ...describeAttemptLog(letter), ...(hasPayload ? describePayload(letter) : {}) };
    return Response.json(whole, { headers: { etag: versionOf(letter) } });
  });
}
