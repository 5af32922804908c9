import { shardKeys, shareOf } from "../../shared/contract/queue-shards.ts";
import type { QueueSettings } from "../../shared/contract/queues.ts";
import { LOCAL, type LocalRegistry, addressOf } from "./settings.ts";

/** How long the emulator may take for one queue, in milliseconds. It is on this machine. */
const CALL_LIMIT_MS = 30_000;

/**
 * Configures the emulator's queues from the registry, as `pulumi up` does in the cloud. UpdateQueue creates missing
 * queues. It is called over REST (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues/patch),
 * since Google's client would take a fifth of the stack's start to load.
 *
 * @throws Error with the emulator's response when it refuses a queue.
 */
export async function provisionQueues(
  { queues }: Pick<LocalRegistry, "queues">,
  emulator: { readonly host: string; readonly port: number },
): Promise<void> {
  for (const [key, settings] of queues) {
    for (const [shard, id] of shardKeys(key, settings).entries()) {
      const name = `projects/${LOCAL.project}/locations/${LOCAL.location}/queues/${id}`;
      await updateQueue({ name, ...queueOf(settings, shard) }, emulator);
    }
  }
}

function queueOf(settings: QueueSettings, shard: number) {
  const { minBackoffMs, maxBackoffMs, maxDoublings } = settings;
  return {
    rateLimits: shareOf(settings, shard),
    retryConfig: {
      maxAttempts: -1,
      minBackoff: durationOf(minBackoffMs),
      maxBackoff: durationOf(maxBackoffMs),
      maxDoublings,
    },
  };
}

/** A proto Duration in JSON (https://protobuf.dev/programming-guides/json/). */
function durationOf(ms: number): string {
  return `${(ms / 1_000).toFixed(3)}s`;
}

async function updateQueue(
  queue: ReturnType<typeof queueOf> & { readonly name: string },
  emulator: { readonly host: string; readonly port: number },
): Promise<void> {
  const response = await fetch(`http://${addressOf(emulator)}/v2/${queue.name}`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(queue),
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The emulator refused ${queue.name}: ${text}`);
}
