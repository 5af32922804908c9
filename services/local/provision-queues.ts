import { createCloudTasksClient } from "../../shared/runtime/google-clients.ts";
import { shardKeys, shareOf } from "../../shared/contract/queue-shards.ts";
import { toProtoTime } from "../../shared/queue/proto-time.ts";
import { LOCAL, type LocalRegistry } from "./settings.ts";

/**
 * Configures the emulator's queues from the registry, as `pulumi up` does in the cloud. UpdateQueue creates missing
 * queues.
 */
export async function provisionQueues(
  { queues }: Pick<LocalRegistry, "queues">,
  emulator: { host: string; port: number },
): Promise<void> {
  const client = await createCloudTasksClient(emulator);
  try {
    const shards = [...queues].flatMap(([key, settings]) =>
      shardKeys(key, settings).map((name, shard) => ({ name, settings, rateLimits: shareOf(settings, shard) })),
    );
    for (const { name, settings, rateLimits } of shards) {
      await client.updateQueue({
        queue: {
          name: client.queuePath(LOCAL.project, LOCAL.location, name),
          rateLimits,
          retryConfig: {
            maxAttempts: -1,
            minBackoff: toProtoTime(settings.minBackoffMs),
            maxBackoff: toProtoTime(settings.maxBackoffMs),
            maxDoublings: settings.maxDoublings,
          },
        },
      });
    }
  } finally {
    await client.close();
  }
}
