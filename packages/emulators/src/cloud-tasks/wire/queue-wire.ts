import type { Queue } from "../state/queue.ts";
import type { RetryConfig } from "../dispatch/retry-delay.ts";
import { httpTargetToWire } from "./http-target.ts";
import { burstSize } from "./queue-config.ts";
import { durationToWire, millisToWire } from "./wire-time.ts";
import type { QueueReply, WireRetryConfig } from "./wire.ts";

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
    retryConfig: retryConfigToWire(config.retry),
    ...(settings.purgedMs === undefined ? {} : { purgeTime: millisToWire(settings.purgedMs) }),
    ...(config.loggingRatio === 0 ? {} : { stackdriverLoggingConfig: { samplingRatio: config.loggingRatio } }),
    ...(config.httpTarget ? { httpTarget: httpTargetToWire(config.httpTarget) } : {}),
  };
}

/** The retry settings of a queue or a task as a reply has them. */
export function retryConfigToWire(retry: RetryConfig): WireRetryConfig {
  return {
    maxAttempts: retry.maxAttempts,
    minBackoff: durationToWire(retry.minBackoffMs),
    maxBackoff: durationToWire(retry.maxBackoffMs),
    maxDoublings: retry.maxDoublings,
    ...(retry.maxRetryDurationMs === 0 ? {} : { maxRetryDuration: durationToWire(retry.maxRetryDurationMs) }),
  };
}
