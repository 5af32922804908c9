import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { reuse } from "../http/reused.ts";
import { accessResponses } from "../access/refusals.ts";
import { inputProblem } from "../http/failures.ts";
import { jsonContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { noParameters, readQuery } from "../http/query.ts";
import type { Producer } from "../producer.ts";
import { placeOf, readPage } from "./letter-reads.ts";

/** How many letters a summary covers. */
const MAX_SUMMARIZED = 1_000;

/** How long a summary is reused, in milliseconds: it costs one read per letter. */
const REUSE_MS = 10_000;

const summarySchema = z
  .object({
    items: z.array(
      z.object({
        type: z.string(),
        code: z.string(),
        count: z.int().positive(),
        newestDiedAt: z.iso.datetime().openapi({ description: "When the last of them died." }),
      }),
    ),
    complete: z.boolean().openapi({ description: "Whether there are no more open letters than were counted." }),
  })
  .openapi("DeadLetterSummary");

type Summary = z.infer<typeof summarySchema>;

const EXAMPLE: Summary = {
  items: [{ type: "webhook.deliver", code: "HTTP_500", count: 12, newestDiedAt: "2030-01-31T09:12:44.120Z" }],
  complete: true,
};

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("The number of open letters for each type and code, largest first.", summarySchema, EXAMPLE),
  400: sharedResponse("InvalidRequest"),
};

const route = createRoute({
  method: "get",
  path: "/v1/dead-letters/summary",
  operationId: "summarizeDeadLetters",
  tags: ["dead-letters"],
  summary: "Count the open dead letters by type and code",
  description: "Counts the newest 1,000. An instance counts at most every ten seconds.",
  responses,
});

/** Adds `GET /v1/dead-letters/summary`. */
export function addSummarizeLetters(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  const summary = reuse(() => summarize(producer), { clock: producer.clock, forMs: REUSE_MS });
  app.openapi(route, async (context) => {
    const read = readQuery(context, noParameters);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    return Response.json(await summary());
  });
}

async function summarize(producer: Producer): Promise<Summary> {
  // One more shows whether the summary covers all letters.
  const page = { limit: MAX_SUMMARIZED + 1, after: null, fields: ["type", "code"] };
  const { letters, next } = await readPage({ status: "open" }, page, producer);
  const counted = letters.slice(0, MAX_SUMMARIZED).map((letter) => ({
    type: String(letter.get("type")),
    code: String(letter.get("code")),
    diedAt: placeOf(letter).diedAt,
  }));
  // The first letter of each group is its newest.
  const groups = Map.groupBy(counted, ({ type, code }) => JSON.stringify([type, code]));
  const items = [...groups.values()].flatMap((group) => {
    const [newest] = group;
    if (!newest) return [];
    const { diedAt, ...by } = newest;
    return [{ ...by, count: group.length, newestDiedAt: diedAt.toDate().toISOString() }];
  });
  return { items: items.toSorted((a, b) => b.count - a.count), complete: next === null };
}
