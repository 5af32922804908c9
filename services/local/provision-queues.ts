import { createCloudTasksClient } from "../../shared/runtime/google-clients.ts";
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
    for (const [key, settings] of queues) {
      await client.updateQueue({
        queue: {
          name: client.queuePath(LOCAL.project, LOCAL.location, key),
          rateLimits: {
            maxDispatchesPerSecond: settings.maxDispatchesPerSecond,
            maxConcurrentDispatches: settings.maxConcurrentDispatches,
          },
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
