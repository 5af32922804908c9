import { type OpenAPIHono, type RouteConfig, createRoute, z } from "@hono/zod-openapi";
import { type Swept, sweepOutbox } from "../../../shared/outbox/sweep.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import { QUEUES_MESSAGE, SCHEDULES_MESSAGE, TICK_MESSAGE } from "../../../shared/runtime/log-fields.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { accessResponses } from "../access/refusals.ts";
import { jsonContent, problemContent } from "../http/openapi.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";
import { findStoppedQueues } from "../queues/find-stopped-queues.ts";
import { type Fired, fireSchedules } from "../schedules/fire-schedules.ts";
import { relaySafely } from "../../../shared/outbox/relay-safely.ts";

/** How long a tick may take, in milliseconds: 20 s with the sweep's last query. */
const TICK_MS = 19_000;

const count = (description: string) => z.int().nonnegative().openapi({ description });

const tickSchema = z
  .object({
    outbox: z.object({
      relayed: count("Entries whose task is in its queue now."),
      dropped: count("Entries that are no longer needed: their task has ended, or moved on."),
      refused: count("Entries that became dead letters."),
      changed: count("Entries that somebody else relayed, changed or deleted meanwhile."),
      postponed: count("Entries of an unknown type, or whose task's name isn't free. They are due again later."),
      failed: count("Entries for which Cloud Tasks or Firestore failed. They are due again later."),
      isComplete: z.boolean().openapi({ description: "Whether the sweep reached every due entry." }),
      oldestEntryAgeMs: z
        .number()
        .nonnegative()
        .openapi({ description: "The age of the oldest remaining entry, in milliseconds; 0 if there is none." }),
    }),
    schedules: z.object({
      fired: count("Tasks that were made."),
      started: count("Schedules that are new, changed or on again. They start from now."),
      turnedOff: count("Schedules that this stack doesn't run, or that are no longer defined."),
      changed: count("How often somebody else had fired or changed a schedule meanwhile, so that it was read again."),
      failed: count("Schedules for which Firestore failed or the time ran out. The next tick fires them."),
      late: count("Schedules whose last firing is still older than two of their periods."),
    }),
  })
  .openapi("Tick", {
    example: {
      schedules: { fired: 2, started: 0, turnedOff: 0, changed: 0, failed: 0, late: 0 },
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
  200: jsonContent("What was done.", tickSchema),
  503: problemContent(
    "The outbox could not be read to its end, or the schedules could not be read; see Retry-After. Repeating the request is " +
      "harmless.",
  ),
};

const route = createRoute({
  method: "post",
  path: "/v1/tick",
  operationId: "tick",
  tags: ["service"],
  summary: "Relay and fire whatever is due",
  description:
    "For Cloud Scheduler, each minute. Enqueues the tasks of every due schedule, and relays every outbox entry " +
    "that nobody has relayed yet, for at most 20 s.",
  responses,
});

/** Adds `POST /v1/tick`. */
export function addTick(app: OpenAPIHono<ProducerEnv>, producer: Producer): void {
  app.openapi(route, async () => Response.json(await producer.inFlight.track(tick(producer))));
}

/** One failing must not keep the other from its work. */
async function tick(producer: Producer): Promise<{ readonly outbox: Swept; readonly schedules: Fired }> {
  const untilMs = producer.clock.now() + TICK_MS;
  const [swept, fired] = await Promise.allSettled([
    sweep(producer, untilMs),
    fire(producer, untilMs),
    lookAround(producer),
  ]);
  if (swept.status === "rejected") throw asDependency(swept.reason);
  if (fired.status === "rejected") throw asDependency(fired.reason);
  return { outbox: swept.value, schedules: fired.value };
}

// Infra derives metrics from all three lines.

async function sweep({ relay, log }: Producer, untilMs: number): Promise<Swept> {
  const swept = await sweepOutbox(relay, untilMs);
  log.info(swept, TICK_MESSAGE);
  return swept;
}

async function fire({ registry, schedules, relay, clock, log }: Producer, untilMs: number): Promise<Fired> {
  const runner = {
    ...schedules,
    schedules: registry.schedules,
    relay: (entryId: string, limitMs: number) => relaySafely(entryId, relay, limitMs),
    clock,
    log,
  };
  const fired = await fireSchedules(runner, untilMs);
  log.info(fired, SCHEDULES_MESSAGE);
  return fired;
}

async function lookAround(producer: Producer): Promise<void> {
  producer.log.info(await findStoppedQueues(producer), QUEUES_MESSAGE);
}

function asDependency(error: unknown): unknown {
  return error instanceof RecordStoreError ? new DependencyError("firestore", error) : error;
}
