import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { type Swept, sweepOutbox } from "../../../shared/outbox/sweep.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import { TICK_MESSAGE } from "../../../shared/runtime/log-fields.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { accessResponses } from "../access/refusals.ts";
import { jsonContent, problemContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";

/** How long a sweep may take, in milliseconds: 20 s with its last look. */
const SWEEP_MS = 19_000;

const count = (description: string) => z.int().nonnegative().openapi({ description });

const sweptSchema = z
  .object({
    outbox: z.object({
      relayed: count("Entries whose task is in its queue now."),
      dropped: count("Entries that nobody needs any more: their task has ended, or gone on."),
      refused: count("Entries that are dead letters now."),
      changed: count("Entries that somebody else relayed, changed or deleted meanwhile."),
      postponed: count("Entries of an unknown type, or whose task's name isn't free. They are due again later."),
      failed: count("Entries that Cloud Tasks or Firestore failed for. They are due again later."),
      isComplete: z.boolean().openapi({ description: "Whether the sweep came to every entry that was due." }),
      oldestEntryAgeMs: z
        .number()
        .nonnegative()
        .openapi({ description: "The age of the oldest entry that is left, in milliseconds; 0 if none is." }),
    }),
  })
  .openapi("Tick", {
    example: {
      outbox: {
        relayed: 3,
        dropped: 0,
        refused: 0,
        changed: 1,
        postponed: 0,
        failed: 0,
        isComplete: true,
        oldestEntryAgeMs: 0,
      },
    },
  });

const responses: RouteConfig["responses"] = {
  ...accessResponses,
  200: jsonContent("What was done.", sweptSchema),
  503: problemContent("The outbox could not be read to its end; see Retry-After. Repeating the request is harmless."),
};

const route = createRoute({
  method: "post",
  path: "/v1/tick",
  operationId: "tick",
  tags: ["service"],
  summary: "Do what is due",
  description:
    "For Cloud Scheduler, each minute. Relays every entry of the outbox that nobody has relayed yet, for at most 20 s.",
  responses,
});

export function addTick(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async () => {
    const swept = await producer.inFlight.track(sweep(producer));
    return Response.json({ outbox: swept });
  });
}

async function sweep({ relay, log }: Producer): Promise<Swept> {
  try {
    const swept = await sweepOutbox(relay, relay.clock.now() + SWEEP_MS);
    // Infra makes metrics of this line.
    log.info(swept, TICK_MESSAGE);
    return swept;
  } catch (error) {
    if (error instanceof RecordStoreError) throw new DependencyError("firestore", error);
    throw error;
  }
}
