import { z } from "@hono/zod-openapi";
import type { GoogleConsole } from "../http/google-console.ts";
import type { QueueStatus, ShardStatus } from "./queue-control.ts";

const count = (description: string) => z.int().nonnegative().openapi({ description });

const state = z.enum(["running", "paused", "disabled"]);
const depth = count(
  "How many tasks it holds, as Cloud Tasks estimates: those that are scheduled, are being delivered, or are to " +
    "be retried.",
);
const inFlight = count("Deliveries that have no response yet.");
const dispatchedLastMinute = count("Deliveries that got a response in the last minute, whatever its status.");
const consoleLink = z
  .string()
  .optional()
  .openapi({ description: "The queue in Google's console. Missing on a laptop." });

const shardSchema = z
  .object({
    name: z.string().openapi({ description: "Its name in Cloud Tasks." }),
    state,
    depth,
    inFlight,
    dispatchedLastMinute,
    effectiveRate: z.number().nonnegative(),
    links: z.object({ console: consoleLink }),
  })
  .openapi("QueueShard");

/** A queue as the API shows it. */
export const queueViewSchema = z
  .object({
    key: z.string(),
    state: state.openapi({
      description:
        "running: it delivers; paused: it accepts tasks but delivers none until it is resumed; disabled: Cloud Tasks has " +
        "stopped it. A queue with several names is running if any of them is.",
    }),
    depth,
    nextDueAt: z.iso.datetime().optional().openapi({
      description: "The earliest time for which a task is scheduled, as Cloud Tasks estimates. Missing if none is.",
    }),
    inFlight,
    dispatchedLastMinute,
    effectiveRate: z
      .number()
      .nonnegative()
      .openapi({
        description:
          "How many deliveries a second Cloud Tasks allows at present. It is below the configured rate while Cloud Tasks " +
          "slows the queue down, because the worker responds with errors.",
      }),
    configuredRate: z.object({
      maxDispatchesPerSecond: z.number().nonnegative(),
      maxConcurrentDispatches: count("How many deliveries may be in flight at once."),
    }),
    shards: z
      .array(shardSchema)
      .optional()
      .openapi({ description: "The queues in Cloud Tasks that stand for it, if there are several." }),
    links: z.object({ self: z.string(), tasks: z.string(), console: consoleLink }),
  })
  .openapi("Queue", {
    example: {
      key: "default",
      state: "running",
      depth: 12,
      nextDueAt: "2026-11-23T06:00:00.000Z",
      inFlight: 3,
      dispatchedLastMinute: 340,
      effectiveRate: 100,
      configuredRate: { maxDispatchesPerSecond: 100, maxConcurrentDispatches: 100 },
      links: { self: "/v1/queues/default", tasks: "/v1/queues/default/tasks" },
    },
  });

type QueueView = z.infer<typeof queueViewSchema>;

/**
 * Describes a queue to an operator.
 *
 * @param console the addresses in Google Cloud's console, if there are any.
 */
export function describeQueue(key: string, status: QueueStatus, console: GoogleConsole | undefined): QueueView {
  const { state, depth, nextDueAtMs, inFlight, dispatchedLastMinute, effectiveRate } = status;
  const { maxDispatchesPerSecond, maxConcurrentDispatches } = status;
  const self = queuePath(key);
  const shown = console?.queue(key);
  const shards = status.shards.map((shard) => describeShard(shard, console));
  return {
    key,
    state,
    depth,
    ...(nextDueAtMs === undefined ? {} : { nextDueAt: new Date(nextDueAtMs).toISOString() }),
    inFlight,
    dispatchedLastMinute,
    effectiveRate,
    configuredRate: { maxDispatchesPerSecond, maxConcurrentDispatches },
    ...(shards.length > 1 ? { shards } : {}),
    links: { self, tasks: `${self}/tasks`, ...(shown === undefined ? {} : { console: shown }) },
  };
}

function describeShard(shard: ShardStatus, console: GoogleConsole | undefined): z.infer<typeof shardSchema> {
  const { name, state, depth, inFlight, dispatchedLastMinute, effectiveRate } = shard;
  const links = console ? { console: console.shard(name) } : {};
  return { name, state, depth, inFlight, dispatchedLastMinute, effectiveRate, links };
}

/** The path of a queue in the API. */
export function queuePath(key: string): string {
  return `/v1/queues/${key}`;
}
