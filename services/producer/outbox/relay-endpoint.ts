import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type Problem, problemResponse } from "../../../shared/http/problem.ts";
import { schemaProblems } from "../../../shared/http/schema-problems.ts";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import { isEntryId, taskIdOf } from "../../../shared/outbox/entry.ts";
import { relaySafely } from "../../../shared/outbox/relay-safely.ts";
import { accessResponses } from "../access/refusals.ts";
import { callerGone, tryLater } from "../http/failures.ts";
import { readJsonBody } from "../http/json-body.ts";
import { bodyResponses, jsonBody, problemContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";
import { entryIdOf, isEvent } from "./entry-event.ts";

const MAX_IDS = 100;
/** An id has up to 120 bytes. */
const MAX_BODY_LENGTH = 32 * 1024;
/** How many entries of a request are relayed at once. */
const CONCURRENCY = 25;
/** How long that may take, in milliseconds. Remaining entries are left to the sweep. */
const RELAY_TIMEOUT_MS = 10_000;

const bodySchema = z.strictObject({ ids: z.array(z.string()).max(MAX_IDS) });

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  204: {
    description:
      "The entries were relayed, or the sweep will relay them. The response is the same for entries that don't exist.",
  },
  ...bodyResponses,
  503: problemContent("The event's entry could not be relayed yet, or there are too many requests; see Retry-After."),
};

const route = createRoute({
  method: "post",
  path: "/v1/outbox/relay",
  operationId: "relayEntries",
  tags: ["outbox"],
  summary: "Relay outbox entries",
  description:
    "Puts tasks that were committed to the outbox into their queues at once. Nothing is lost without this request: the " +
    "sweep relays the rest. Eventarc sends Firestore's events here, in binary mode: an event is recognised by its header " +
    "ce-type, the entry by ce-document, and its body is not read.",
  request: {
    body: jsonBody(
      { name: "RelayRequest", schema: bodySchema },
      {
        required: true,
        description:
          `The ids of entries that were just committed. At most ${MAX_BODY_LENGTH} bytes. ` +
          "An event has whatever body its sender gives it.",
        example: { ids: ["0a6dcbe0c1a84a1f9ad53b2f0e9d3c11-default.5f2c1d7e8a9b0c3d"] },
      },
    ),
  },
  responses,
});

/** Adds `POST /v1/outbox/relay`, for lists of ids and for Eventarc's events. */
export function addRelay(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, (context) =>
    isEvent(context.req.raw.headers) ? relayEvent(context, producer) : relayIds(context, producer),
  );
}

/** An event is sent again until the response is 2xx, so events that aren't about the outbox get 2xx, too. */
async function relayEvent(context: Context<ProducerEnv>, producer: Producer): Promise<Response> {
  const { relay } = producer;
  const id = entryIdOf(context.req.raw.headers, relay.outbox.collection);
  if (id === undefined) {
    relay.log.warn({ type: context.req.header("ce-type") }, "an event is about no entry of the outbox");
    return context.body(null, 204);
  }
  context.set("taskId", taskIdOf(id));
  const end = await producer.inFlight.track(relaySafely(id, relay, relay.clock.now() + RELAY_TIMEOUT_MS));
  if (end !== "failed") return context.body(null, 204);
  return tryLater(503, {
    title: "Service unavailable",
    code: "not-relayed",
    detail: "The entry could not be relayed. It stays in the outbox, and is relayed later.",
  });
}

/** The client doesn't wait long and needs no result: entries that aren't relayed here are relayed later. */
async function relayIds(context: Context<ProducerEnv>, { relay, inFlight }: Producer): Promise<Response> {
  const body = await readJsonBody(context.req.raw, { maxBytes: MAX_BODY_LENGTH, slot: context.get("slot") });
  if (body.kind === "broken-off") return callerGone();
  if (body.kind === "too-large") return problemResponse(TOO_LARGE);
  if (body.kind === "refused") return problemResponse(body.problem);
  const { value } = body.json;
  const { data, error } = bodySchema.safeParse(value);
  if (!data) return problemResponse(invalid(schemaProblems(error, { value })));
  const ids = [...new Set(data.ids)].filter(isEntryId);
  const untilMs = relay.clock.now() + RELAY_TIMEOUT_MS;
  // Continues if the caller hangs up.
  await inFlight.track(
    forEachConcurrently(ids, CONCURRENCY, async (id) => {
      if (relay.clock.now() < untilMs) await relaySafely(id, relay, untilMs);
    }),
  );
  return context.body(null, 204);
}

const TOO_LARGE: Problem = {
  status: 413,
  title: "Body too large",
  code: "body-too-large",
  detail: `The body may have at most ${MAX_BODY_LENGTH} bytes. Send at most ${MAX_IDS} ids.`,
};

function invalid(problems: NonNullable<Problem["problems"]>): Problem {
  const detail = `The body must be an object with the ids of at most ${MAX_IDS} entries.`;
  return { status: 400, title: "Invalid request", code: "invalid-request", detail, problems };
}
