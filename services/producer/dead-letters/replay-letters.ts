import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Problem, problemBody, problemResponse } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import { writeTraceParent } from "../../../shared/tracing/trace-context.ts";
import { accessResponses } from "../access/refusals.ts";
import { UNKNOWN_CURSOR } from "../http/cursor.ts";
import { callerGone, inputProblem } from "../http/failures.ts";
import { BODY_RULES, readJsonBody } from "../http/json-body.ts";
import { bodyResponses, jsonBody, jsonContent, problemSchema } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { cursorParameter } from "../http/query.ts";
import type { Producer } from "../producer.ts";
import { type LetterList, cursorAt, filterFields, letterFilter, placeAt } from "./letter-filter.ts";
import { type PageRequest, type ReplayedItem, type ReplayedPage, replayPage } from "./replay-page.ts";

/** Enough for a filter and a cursor. */
const MAX_BYTES = 32 * 1_024;

const MAX_PAGE_SIZE = 100;

const bodySchema = z.strictObject({
  filter: z.strictObject(filterFields).describe("Which open letters. Empty: all of them."),
  dryRun: z.boolean().default(false).describe("Only report what would be done. Each letter is read and checked."),
  limit: z
    .int()
    .min(1)
    .max(MAX_PAGE_SIZE)
    .default(MAX_PAGE_SIZE)
    .describe(`The most letters to replay. Default: ${MAX_PAGE_SIZE}.`),
  cursor: cursorParameter,
});

const count = (description: string) => z.int().nonnegative().openapi({ description });

const replayedLettersSchema = z
  .object({
    replayed: count("Letters that are now new tasks; in a dry run, those that would be."),
    skipped: count("Letters that somebody else replayed or deleted meanwhile."),
    failed: count("Letters that were not replayed, or perhaps not. Each says why."),
    items: z.array(
      z.object({
        id: z.string(),
        outcome: z.enum(["replayed", "would-replay", "skipped", "failed"]),
        replayedAs: z.string().optional().openapi({ description: "The new task." }),
        problem: problemSchema.optional().openapi({ description: "What a request for this letter alone would get." }),
      }),
    ),
    nextCursor: z.string().optional().openapi({
      description:
        "Where to continue: after the last letter in items, whatever its outcome. Missing if there are no more.",
    }),
  })
  .openapi("ReplayedLetters");

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  ...bodyResponses,
  200: jsonContent("The outcome for each letter.", replayedLettersSchema, {
    replayed: 1,
    skipped: 0,
    failed: 0,
    items: [{ id: `${"9f2c".repeat(8)}-default`, outcome: "replayed", replayedAs: `${"51d0".repeat(8)}-default` }],
  }),
};

const route = createRoute({
  method: "post",
  path: "/v1/dead-letters/replay",
  operationId: "replayDeadLetters",
  tags: ["dead-letters"],
  summary: "Replay the open dead letters that match a filter",
  description:
    "Newest first, for at most half a minute: repeat the request with its nextCursor until there is none. A letter that was " +
    "replayed is no longer open, so a request that got no response can be repeated, too: each letter is replayed once. " +
    "The response can have fewer letters than its limit, or none, and still a nextCursor.",
  request: {
    body: jsonBody(
      { name: "ReplayLettersRequest", schema: bodySchema },
      {
        required: true,
        description: `${BODY_RULES} At most ${MAX_BYTES} bytes.`,
        example: { filter: { type: "webhook.deliver", code: "HTTP_500" }, dryRun: true },
      },
    ),
  },
  responses,
});

/** Adds `POST /v1/dead-letters/replay`. */
export function addReplayLetters(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async (context) => {
    const read = await readRequest(context);
    if (read instanceof Response) return read;
    const { page, list } = read;
    // Work that has begun is finished even if the caller hangs up.
    const replayed = await producer.inFlight.track(replayPage(page, producer, context.req.raw.signal));
    return Response.json(describe(replayed, list));
  });
}

async function readRequest(
  context: Context<ProducerEnv>,
): Promise<Response | { readonly page: PageRequest; readonly list: LetterList }> {
  const body = await readJsonBody(context.req.raw, { maxBytes: MAX_BYTES, slot: context.get("slot") });
  if (body.kind === "broken-off") return callerGone();
  if (body.kind === "too-large") return problemResponse(TOO_LARGE);
  if (body.kind === "refused") return problemResponse(body.problem);
  const { value } = body.json;
  const { data, error } = bodySchema.safeParse(value);
  if (!data) return problemResponse(inputProblem(schemaProblems(error, { value })));
  const { limit, cursor, dryRun } = data;
  const filter = letterFilter(data.filter, "open");
  const list = { of: "replay", filter } as const;
  const after = placeAt(cursor, list);
  if (after === undefined) return problemResponse(inputProblem([UNKNOWN_CURSOR]));
  const span = context.get("span");
  const traceparent = span && writeTraceParent(span.spanContext());
  const request = {
    by: context.get("caller").email,
    again: false,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  return { page: { filter, limit, after, isDry: dryRun, request }, list };
}

const TOO_LARGE: Problem = {
  status: 413,
  title: "Body too large",
  code: "body-too-large",
  detail: `The body of this request may have at most ${MAX_BYTES} bytes.`,
};

function describe({ items, next }: ReplayedPage, list: LetterList): object {
  const having = (...outcomes: readonly ReplayedItem["outcome"][]): number =>
    items.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    replayed: having("replayed", "would-replay"),
    skipped: having("skipped"),
    failed: having("failed"),
    items: items.map(({ problem, ...item }) => ({ ...item, ...(problem ? { problem: problemBody(problem) } : {}) })),
    ...(next ? { nextCursor: cursorAt(next, list) } : {}),
  };
}
