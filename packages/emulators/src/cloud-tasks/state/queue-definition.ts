import { isDeepStrictEqual } from "node:util";
import { toMillis } from "../../kernel/duration.ts";
import { RpcError } from "../../rpc/rpc-error.ts";
import { type QueueConfig, parseQueueConfig } from "../wire/queue-config.ts";
import { type QueueName, isQueueId, parseQueueName } from "../api/resource-names.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { Queue } from "./queue.ts";
import type { State } from "./state.ts";
import { durationToWire } from "../wire/wire-time.ts";
import type { WireDuration } from "../wire/wire.ts";

/** A number with a unit, such as `3.5s` as in Google's JSON, `10m`, `1h` or `1d`; or milliseconds. */
type DefinedDuration = string | number;

/** A queue to create at the start, in the form of the REST API and of `gcloud tasks queues describe --format=json`. */
export interface QueueDefinition {
  /** The full name, or an id in the emulator's default project and location. */
  readonly name: string;
  readonly rateLimits?: {
    readonly maxDispatchesPerSecond?: number;
    readonly maxConcurrentDispatches?: number;
    /** Default: derived from the rate. */
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

/** The definition of a queue is invalid. The message names the queue and says what is wrong. */
class QueueDefinitionError extends Error {
  readonly code = "INVALID_QUEUE";
}

export interface DefinedQueue {
  readonly name: QueueName;
  readonly config: QueueConfig;
  /** Undefined to leave it as it is; a new queue runs. */
  readonly paused?: boolean;
}

/**
 * Parses definitions.
 *
 * @param parent `projects/P/locations/L`, for names that are only an id.
 * @throws QueueDefinitionError for the first that is invalid, or that defines a queue twice.
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

/**
 * Stores queues, or their new settings, and returns those that are new or changed. Existing queues keep their tasks.
 *
 * @throws NotStoredError when one couldn't be stored, because the disk is full for example.
 */
export function storeQueues(
  defined: readonly DefinedQueue[],
  { state }: { state: State },
): { readonly queue: Queue; readonly isNew: boolean }[] {
  return defined.flatMap(({ name, config, paused }) => {
    const known = state.queues.get(name.name);
    const settings = { ...known?.settings, config, paused: paused ?? known?.settings.paused ?? false };
    if (known && isDeepStrictEqual(known.settings, settings)) return [];
    return { queue: state.commitQueue(name.name, settings), isNew: known === undefined };
  });
}

/**
 * Stores queues, as `storeQueues` does, and runs them.
 *
 * @throws NotStoredError when one couldn't be stored.
 */
export function defineQueues(
  defined: readonly DefinedQueue[],
  { state, scheduler }: { state: State; scheduler: Scheduler },
): void {
  for (const each of defined) {
    for (const { queue, isNew } of storeQueues([each], { state })) {
      if (isNew) scheduler.queueCreated(queue);
      else scheduler.queueChanged(queue);
    }
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
    // Unlike an API call, queue.yaml can set a burst size, and no doublings.
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
  throw new RangeError("its name must be projects/P/locations/L/queues/Q, or 1 to 100 letters, digits and hyphens.");
}

function readBurst(burst: number): number {
  if (burst >= 1) return burst;
  throw new RangeError("RateLimits.maxBurstSize must be at least 1.");
}

function durations(given: Readonly<Record<string, DefinedDuration | undefined>>): Record<string, WireDuration> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([field, duration]) =>
      duration === undefined ? [] : [[field, durationToWire(toMillis(duration))]],
    ),
  );
}
