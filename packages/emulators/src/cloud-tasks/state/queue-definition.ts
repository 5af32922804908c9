import { toMillis } from "../../kernel/duration.ts";
import { RpcError } from "../../rpc/rpc-error.ts";
import { type QueueConfig, parseQueueConfig } from "../wire/queue-config.ts";
import { type QueueName, isQueueId, parseQueueName } from "../api/resource-names.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { State } from "./state.ts";
import { millisToWire } from "../wire/wire-time.ts";
import type { WireDuration } from "../wire/wire.ts";

/** Seconds with their unit as Google's JSON has them, such as `3.5s`; `10m`, `1h` and `1d` too; or milliseconds. */
type DefinedDuration = string | number;

/** A queue to begin with, in the form that the REST API and `gcloud tasks queues describe --format=json` have. */
export interface QueueDefinition {
  /** The full name, or the id in the emulator's own project and location. */
  readonly name: string;
  readonly rateLimits?: {
    readonly maxDispatchesPerSecond?: number;
    readonly maxConcurrentDispatches?: number;
    /** Default: what follows from the rate. */
    readonly maxBurstSize?: number;
  };
  readonly retryConfig?: {
    readonly maxAttempts?: number;
    readonly maxRetryDuration?: DefinedDuration;
    readonly minBackoff?: DefinedDuration;
    readonly maxBackoff?: DefinedDuration;
    readonly maxDoublings?: number;
  };
  readonly state?: "RUNNING" | "PAUSED";
}

/** A queue is defined wrongly. The message names it and says what is wrong. */
class QueueDefinitionError extends Error {
  readonly code = "INVALID_QUEUE";
}

/** A definition that has been read. */
export interface DefinedQueue {
  readonly name: QueueName;
  readonly config: QueueConfig;
  /** Undefined: as it is, or running when it is new. */
  readonly paused?: boolean;
}

/**
 * Reads and checks definitions.
 *
 * @param parent `projects/P/locations/L`, for names that are an id only.
 * @throws QueueDefinitionError for the first that is wrong, or that defines a queue again.
 */
export function readQueueDefinitions(definitions: readonly QueueDefinition[], parent: string): readonly DefinedQueue[] {
  const defined = definitions.map((definition) => readDefinition(definition, parent));
  const names = new Set<string>();
  for (const { name } of defined) {
    if (names.has(name.name)) throw new QueueDefinitionError(`The queue ${name.name} is defined twice.`);
    names.add(name.name);
  }
  return defined;
}

/** Makes queues what they are defined as; those that are there already keep their tasks. */
export function defineQueues(
  defined: readonly DefinedQueue[],
  { state, scheduler }: { state: State; scheduler: Scheduler },
): void {
  for (const { name, config, paused } of defined) {
    const known = state.queues.get(name.name);
    const settings = { ...known?.settings, config, paused: paused ?? known?.settings.paused ?? false };
    const queue = state.commitQueue(name.name, settings);
    if (known) scheduler.queueChanged(queue);
    else scheduler.queueCreated(queue);
  }
}

function readDefinition(definition: QueueDefinition, parent: string): DefinedQueue {
  const { name, rateLimits = {}, retryConfig = {}, state } = definition;
  try {
    const { maxRetryDuration, minBackoff, maxBackoff, ...counts } = retryConfig;
    const parsed = parseQueueConfig({
      rateLimits,
      retryConfig: { ...counts, ...durations({ maxRetryDuration, minBackoff, maxBackoff }) },
    });
    // What an API call can't say, queue.yaml can: a burst, and no doublings.
    const burst = rateLimits.maxBurstSize === undefined ? {} : { burstSize: readBurst(rateLimits.maxBurstSize) };
    const retry = counts.maxDoublings === 0 ? { ...parsed.retry, maxDoublings: 0 } : parsed.retry;
    const config = { ...parsed, ...burst, retry };
    return { name: readName(name, parent), config, ...(state ? { paused: state === "PAUSED" } : {}) };
  } catch (error) {
    if (!(error instanceof RpcError) && !(error instanceof RangeError)) throw error;
    throw new QueueDefinitionError(`The queue ${JSON.stringify(name)}: ${error.message}`, { cause: error });
  }
}

function readName(name: string, parent: string): QueueName {
  const parsed = parseQueueName(name.includes("/") ? name : `${parent}/queues/${name}`);
  if (parsed && isQueueId(parsed.queueId)) return parsed;
  throw new RangeError("its name is neither projects/P/locations/L/queues/Q nor 1 to 100 letters, digits and hyphens.");
}

function readBurst(burst: number): number {
  if (burst >= 1) return burst;
  throw new RangeError("RateLimits.maxBurstSize must be at least 1.");
}

function durations(given: Readonly<Record<string, DefinedDuration | undefined>>): Record<string, WireDuration> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([field, duration]) =>
      duration === undefined ? [] : [[field, millisToWire(toMillis(duration))]],
    ),
  );
}
