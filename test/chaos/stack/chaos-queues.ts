import { shardKeys, shareOf } from "../../../shared/contract/queue-shards.ts";
import type { QueueSettings } from "../../../shared/contract/queues.ts";

/** The shortest that Cloud Tasks allows: it refuses dispatch deadlines below 15 s. Leases follow from it: 20 s. */
const CHAOS_QUEUE: QueueSettings = {
  maxDispatchesPerSecond: 200,
  maxConcurrentDispatches: 100,
  minBackoffMs: 100,
  maxBackoffMs: 1_500,
  maxDoublings: 4,
  dispatchDeadlineMs: 15_000,
};

/** The chaos queues, one for each kind of task type. */
export const CHAOS_QUEUES = { critical: CHAOS_QUEUE, default: CHAOS_QUEUE, bulk: CHAOS_QUEUE } as const;

/** The variable that says whether a program is of the revision with more shards. */
const RESHARDED = "CHAOS_RESHARDED";

export function reshardedVariable(isResharded: boolean): Readonly<Record<string, string>> {
  return { [RESHARDED]: String(isResharded) };
}

/** The queues as the revision in an environment has them. The shards of the one revision are those before of the other. */
export function queuesIn(
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, QueueSettings> {
  const shards = environment[RESHARDED] === "true" ? { now: 4, before: 2 } : { now: 2, before: 4 };
  return new Map(Object.entries(CHAOS_QUEUES).map(([key, queue]) => [key, { ...queue, shards }]));
}

/** The queues for the Cloud Tasks emulator's `--queues`, with the shards of both revisions. */
export function queueFile(): string {
  const { minBackoffMs, maxBackoffMs, maxDoublings } = CHAOS_QUEUE;
  const queues = [...queuesIn({})].flatMap(([key, queue]) =>
    shardKeys(key, queue).map((name, shard) => ({
      name,
      rateLimits: shareOf(queue, shard),
      retryConfig: { maxAttempts: -1, minBackoff: minBackoffMs, maxBackoff: maxBackoffMs, maxDoublings },
    })),
  );
  return JSON.stringify({ queues });
}
