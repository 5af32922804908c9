import type { Queue } from "../state/queue.ts";
import { burstSize } from "./queue-config.ts";
import { durationToWire, millisToWire } from "./wire-time.ts";
import type { QueueReply } from "./wire.ts";

/** The numbers of Queue.State. */
const STATE_NUMBERS = { running: 1, paused: 2 } as const;

/** A queue as a reply has it. */
export function queueToWire({ name, settings }: Queue): QueueReply {
  const { config } = settings;
  return {
    name: name.name,
    state: settings.paused ? STATE_NUMBERS.paused : STATE_NUMBERS.running,
    rateLimits: {
      maxDispatchesPerSecond: config.maxDispatchesPerSecond,
      maxBurstSize: burstSize(config),
      maxConcurrentDispatches: config.maxConcurrentDispatches,
    },
    retryConfig: {
      maxAttempts: config.retry.maxAttempts,
      minBackoff: durationToWire(config.retry.minBackoffMs),
      maxBackoff: durationToWire(config.retry.maxBackoffMs),
      maxDoublings: config.retry.maxDoublings,
      ...(config.retry.maxRetryDurationMs === 0
        ? {}
        : { maxRetryDuration: durationToWire(config.retry.maxRetryDurationMs) }),
    },
    ...(settings.purgedMs === undefined ? {} : { purgeTime: millisToWire(settings.purgedMs) }),
    ...(config.loggingRatio === 0 ? {} : { stackdriverLoggingConfig: { samplingRatio: config.loggingRatio } }),
  };
}
