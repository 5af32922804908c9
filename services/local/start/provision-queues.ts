import { credentials } from "@grpc/grpc-js";
import { CloudTasksClient } from "@google-cloud/tasks";
import { PassThroughClient } from "google-auth-library";
import { QUEUES } from "../../../shared/queues.ts";
import { LOCAL } from "./settings.ts";

/** Makes the emulator's queues what the catalogue says, as `pulumi up` does in the cloud. UpdateQueue creates what is missing. */
export async function provisionQueues(emulator: { host: string; port: number }): Promise<void> {
  const client = new CloudTasksClient({
    apiEndpoint: emulator.host,
    port: emulator.port,
    sslCreds: credentials.createInsecure(),
    authClient: new PassThroughClient(),
  });
  try {
    for (const [key, settings] of Object.entries(QUEUES)) {
      await client.updateQueue({
        queue: {
          name: client.queuePath(LOCAL.project, LOCAL.location, key),
          rateLimits: {
            maxDispatchesPerSecond: settings.maxDispatchesPerSecond,
            maxConcurrentDispatches: settings.maxConcurrentDispatches,
          },
          retryConfig: {
            maxAttempts: -1,
            minBackoff: toDuration(settings.minBackoffMs),
            maxBackoff: toDuration(settings.maxBackoffMs),
            maxDoublings: settings.maxDoublings,
          },
        },
      });
    }
  } finally {
    await client.close();
  }
}

function toDuration(ms: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}
