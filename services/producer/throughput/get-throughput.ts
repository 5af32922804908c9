import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { problemResponse } from "../../../shared/http/problem.ts";
import { reuse } from "../http/reused.ts";
import { accessResponses } from "../access/refusals.ts";
import { inputProblem, tryLater } from "../http/failures.ts";
import { jsonContent, problemContent, sharedResponse } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import { countParameter, queryParameters, readQuery } from "../http/query.ts";
import type { Producer } from "../producer.ts";
import { MINUTE_MS, NONE, minuteOf } from "./throughput.ts";

const HOUR = 60;
const DAY = 24 * HOUR;
/** Counts change every minute. */
const REUSE_MS = 20_000;

const querySchema = z.object({
  minutes: countParameter({
    what: `How many minutes, the current one included. At most ${DAY}.`,
    most: DAY,
    byDefault: HOUR,
  }),
});

const count = (description: string) => z.int().nonnegative().openapi({ description });

const throughputSchema = z
  .object({
    items: z.array(
      z.object({
        minute: z.iso.datetime().openapi({ description: "Its start, in UTC." }),
        enqueued: count(
          "Calls that put a task into a queue, including those for follow-up tasks and further hops, and calls that " +
            "were repeated.",
        ),
        done: count("Deliveries that did their task's work."),
        retried: count("Deliveries after which the task will be delivered again, including snoozes."),
        dead: count(
          "Deliveries after which the task became a dead letter. Dead letters from the outbox aren't counted.",
        ),
      }),
    ),
  })
  .openapi("Throughput");

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent(
    "A count for each minute, oldest first. Cloud Monitoring is some minutes behind, so the newest are incomplete. On a laptop, " +
      "the counts begin when the stack starts.",
    throughputSchema,
    { items: [{ minute: "2026-11-23T06:00:00.000Z", enqueued: 120, done: 118, retried: 3, dead: 0 }] },
  ),
  400: sharedResponse("InvalidRequest"),
  503: problemContent(
    "dependency-unavailable: Cloud Monitoring did not respond; see Retry-After. throughput-not-counted: no source of counts is " +
      "configured for this service.",
  ),
};

const route = createRoute({
  method: "get",
  path: "/v1/throughput",
  operationId: "getThroughput",
  tags: ["service"],
  summary: "Count what was enqueued and done, minute by minute",
  parameters: queryParameters(querySchema),
  responses,
});

/** `GET /v1/throughput`. Cloud Monitoring is asked for an hour or a day, each at most every 20 s. */
export function addGetThroughput(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  const { throughput, clock } = producer;
  const lasting = (minutes: number) => throughput && reuse(() => throughput.read(minutes), { clock, forMs: REUSE_MS });
  const [ofHour, ofDay] = [lasting(HOUR), lasting(DAY)];
  app.openapi(route, async (context) => {
    const read = readQuery(context, querySchema);
    if (read.kind === "invalid") return problemResponse(inputProblem(read.problems));
    const { minutes } = read.query;
    const counts = await (minutes <= HOUR ? ofHour : ofDay)?.();
    if (!counts) return notCounted();
    const currentMs = minuteOf(clock.now());
    const items = Array.from({ length: minutes }, (_, index) => {
      const minuteMs = currentMs - (minutes - 1 - index) * MINUTE_MS;
      return { minute: new Date(minuteMs).toISOString(), ...(counts.get(minuteMs) ?? NONE) };
    });
    return Response.json({ items });
  });
}

function notCounted(): Response {
  return tryLater(503, {
    title: "Service unavailable",
    code: "throughput-not-counted",
    detail:
      "No source of counts is configured for this service. Infra sets DELIVERIES_METRIC, and npm start THROUGHPUT_URL.",
  });
}
