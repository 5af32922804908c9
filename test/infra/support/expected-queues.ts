import { shardKeys, shareOf } from "../../../shared/contract/queue-shards.ts";
import type { QueueSettings } from "../../../shared/contract/queues.ts";

/** What must be requested for each shard of the registered queues, with fields in alphabetical order. */
export function expectedQueues(queues: ReadonlyMap<string, QueueSettings>) {
  return [...queues].flatMap(([queueKey, settings]) =>
    shardKeys(queueKey, settings).map((key, shard) => {
      const { maxConcurrentDispatches, maxDispatchesPerSecond } = shareOf(settings, shard);
      const { minBackoffMs, maxBackoffMs, maxDoublings } = settings;
      const [maxBackoff, minBackoff] = [`${maxBackoffMs / 1000}s`, `${minBackoffMs / 1000}s`];
      return {
        key,
        rateLimits: { maxConcurrentDispatches, maxDispatchesPerSecond },
        retryConfig: { maxAttempts: -1, maxBackoff, maxDoublings, minBackoff },
      };
    }),
  );
}
