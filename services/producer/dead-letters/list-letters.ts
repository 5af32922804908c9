import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { accessResponses } from "../access/refusals.ts";
import { UNKNOWN_CURSOR } from "../http/cursor.ts";
import { inputProblem } from "../http/failures.ts";
import { jsonContent, listOf, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { cursorParameter, limitParameter, queryParameters, readQuery } from "../http/query.ts";
import type { Producer } from "../producer.ts";
import { cursorAt, filterFields, letterFilter, placeAt } from "./letter-filter.ts";
import { readPage } from "./letter-reads.ts";
import { EXAMPLE_LETTER, LETTER_STATUSES, LISTED_FIELDS, describeLetter, letterViewSchema } from "./letter-view.ts";

const querySchema = z.object({
  status: z.enum(LETTER_STATUSES).default("open").describe("Default: open."),
  ...filterFields,
  cursor: cursorParameter,
  limit: limitParameter({ most: 100, byDefault: 50 }),
});

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("A page of letters.", listOf("DeadLetterList", letterViewSchema), { items: [EXAMPLE_LETTER] }),
  400: sharedResponse("InvalidRequest"),
};

const route = createRoute({
  method: "get",
  path: "/v1/dead-letters",
  operationId: "listDeadLetters",
  tags: ["dead-letters"],
  summary: "List dead letters",
  description:
    "The letters that died last come first. A page can have fewer letters than its limit, or none, and still a nextCursor, since " +
    "letters that have expired are left out. Each page costs as many reads as its limit.",
  parameters: queryParameters(querySchema),
  responses,
});

/** Adds `GET /v1/dead-letters`. */
export function addListLetters(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const read = readQuery(context, querySchema);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    const { status, cursor, limit, ...by } = read.query;
    const filter = letterFilter(by, status);
    const list = { of: "list", filter } as const;
    const after = placeAt(cursor, list);
    if (after === undefined) return problemResponse(inputProblem([UNKNOWN_CURSOR]));

    const { letters, next } = await readPage(filter, { limit, after, fields: LISTED_FIELDS }, producer);
    const items = letters.flatMap((letter) => describeLetter(letter) ?? []);
    return Response.json({ items, ...(next ? { nextCursor: cursorAt(next, list) } : {}) });
  });
}
