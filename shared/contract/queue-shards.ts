import type { DeployedQueue, QueueSettings } from "./queues.ts";
import type { TaskId } from "./task-id.ts";

/** How many leading digits of an id choose its shard. */
const DIGITS = 8;
export const MAX_SHARDS = 16;

/**
 * What is wrong with a queue's shards: sentences without a full stop.
 *
 * @param key the queue's key.
 * @param keys the keys of all queues.
 */
export function shardProblems(key: string, queue: Pick<QueueSettings, "shards">, keys: Iterable<string>): string[] {
  const { now, before } = queue.shards ?? { now: 1 };
  if (![now, before ?? now].every(isCount)) {
    return [`Queue ${key}: shards.now and shards.before must be whole numbers from 1 to ${MAX_SHARDS}.`];
  }
  if (before === now) return [`Queue ${key}: shards.before must differ from shards.now, or be left out.`];
  const others = new Set(keys);
  return shardKeys(key, queue)
    .slice(1)
    .filter((name) => others.has(name))
    .map((name) => `Queue ${name}: a shard of queue ${key} has this name. Give the queue another key.`);
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1 && count <= MAX_SHARDS;
}

/** How many Cloud Tasks queues are needed: during a change, the larger of the two numbers. */
export function shardCount({ shards = { now: 1 } }: Pick<QueueSettings, "shards">): number {
  return Math.max(shards.now, shards.before ?? 1);
}

/** The key of each shard: `default`, `default-1`, `default-2`. The first is the key of the queue without shards. */
export function shardKeys(key: string, queue: Pick<QueueSettings, "shards">): readonly string[] {
  return Array.from({ length: shardCount(queue) }, (_, shard) => (shard === 0 ? key : `${key}-${shard}`));
}

/**
 * The names of the queues that may hold a task. The first is the one in which it is created. During a change of the
 * number of shards, the one in which it was created before the change comes second, if it differs.
 */
export function queuesOf(id: TaskId, { settings, names }: DeployedQueue): readonly [string, ...string[]] {
  const { now, before = now } = settings.shards ?? { now: 1 };
  const [current, earlier] = [names[shardOf(id, now)] ?? names[0], names[shardOf(id, before)] ?? names[0]];
  return current === earlier ? [current] : [current, earlier];
}

/** Whether a task may come from the queue of this name: one of its own, or an earlier name of its queue. */
export function acceptsDeliveryFrom(name: string, id: TaskId, queue: DeployedQueue): boolean {
  return queuesOf(id, queue).includes(name) || queue.names.slice(shardCount(queue.settings)).includes(name);
}

/** A shard's share of its queue's limits. The shards' total never exceeds the queue's limits, even during a change. */
export function shareOf(
  queue: QueueSettings,
  shard: number,
): Pick<QueueSettings, "maxDispatchesPerSecond" | "maxConcurrentDispatches"> {
  const count = shardCount(queue);
  const { maxDispatchesPerSecond, maxConcurrentDispatches } = queue;
  const rest = maxConcurrentDispatches % count;
  return {
    maxDispatchesPerSecond: maxDispatchesPerSecond / count,
    maxConcurrentDispatches: Math.max(1, Math.floor(maxConcurrentDispatches / count) + (shard < rest ? 1 : 0)),
  };
}

/** The digits are evenly distributed, and so are the tasks. */
function shardOf(id: TaskId, count: number): number {
  return Number.parseInt(id.slice(0, DIGITS), 16) % count;
}
