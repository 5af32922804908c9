import type { Queue } from "../state/queue.ts";
import { burstSize } from "../wire/queue-config.ts";

type Value = string | number;

/** A field of a queue that a filter can compare. */
export interface FilterField {
  /** Undefined when the field is not set. */
  read(queue: Queue): Value | undefined;
  /** Parses a value to compare with. Undefined when this field can't have it. */
  parse(text: string): Value | undefined;
}

/** The fields that ListQueues can filter by, by their names in camel case. */
export const filterFields: ReadonlyMap<string, FilterField> = new Map([
  ["name", text(({ name }) => name.name)],
  ["state", text(({ settings }) => (settings.paused ? "PAUSED" : "RUNNING"))],
  ["purgeTime", time(({ settings }) => settings.purgedMs)],
  ["rateLimits.maxDispatchesPerSecond", number(({ settings }) => settings.config.maxDispatchesPerSecond)],
  ["rateLimits.maxBurstSize", number(({ settings }) => burstSize(settings.config))],
  ["rateLimits.maxConcurrentDispatches", number(({ settings }) => settings.config.maxConcurrentDispatches)],
  ["retryConfig.maxAttempts", number(({ settings }) => settings.config.retry.maxAttempts)],
  ["retryConfig.maxDoublings", number(({ settings }) => settings.config.retry.maxDoublings)],
  ["retryConfig.minBackoff", duration(({ settings }) => settings.config.retry.minBackoffMs)],
  ["retryConfig.maxBackoff", duration(({ settings }) => settings.config.retry.maxBackoffMs)],
  ["retryConfig.maxRetryDuration", duration(({ settings }) => settings.config.retry.maxRetryDurationMs || undefined)],
  ["stackdriverLoggingConfig.samplingRatio", number(({ settings }) => settings.config.loggingRatio)],
]);

/** Text is compared case-insensitively. */
function text(read: (queue: Queue) => string): FilterField {
  return { read: (queue) => read(queue).toLowerCase(), parse: (value) => value.toLowerCase() };
}

function number(read: (queue: Queue) => number): FilterField {
  return { read, parse: finite };
}

/** Durations are in seconds, such as 3.5s. */
function duration(read: (queue: Queue) => number | undefined): FilterField {
  return {
    read,
    parse(value) {
      const seconds = finite(value.replace(/s$/, ""));
      return seconds === undefined ? undefined : seconds * 1000;
    },
  };
}

function time(read: (queue: Queue) => number | undefined): FilterField {
  return { read, parse: (value) => numberOrNothing(Date.parse(value)) };
}

function finite(value: string): number | undefined {
  return value.trim() === "" ? undefined : numberOrNothing(Number(value));
}

function numberOrNothing(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
