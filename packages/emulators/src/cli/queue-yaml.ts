import * as z from "zod";
import type { QueueDefinition } from "../cloud-tasks/state/queue-definition.ts";

/** A parameter without a value is as good as none. */
const optional = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);

const SECONDS_PER_UNIT = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** A number with one of App Engine's units, in seconds. */
function toSeconds(amount: string, unit: string): number {
  return Number(amount) * (SECONDS_PER_UNIT.get(unit) ?? Number.NaN);
}

const NOT_A_RATE = "must be a number followed by /s, /m, /h or /d";

/** Tasks a second. */
const rateSchema = z
  .union([z.literal(0), z.string().regex(/^(?:0|\d+(?:\.\d*)?\/[smhd])$/, NOT_A_RATE)], NOT_A_RATE)
  .transform((rate) => {
    const [amount = "", unit = "s"] = String(rate).split("/");
    return Number(amount) / toSeconds("1", unit);
  });

/** Milliseconds, of whole seconds. */
const ageSchema = z
  .string()
  .trim()
  .regex(/^\d+(?:\.\d*)?(?:e[+-]?\d+)?[smhd]$/i, "must be a number followed by s, m, h or d")
  .transform((age) => Math.trunc(toSeconds(age.slice(0, -1), age.slice(-1))) * 1000)
  .pipe(z.number().min(1000, "must be at least a second"));

const retrySchema = optional(
  z.strictObject({
    task_retry_limit: optional(z.int().min(0)),
    task_age_limit: optional(ageSchema),
    min_backoff_seconds: optional(z.number().min(0)),
    max_backoff_seconds: optional(z.number().min(0)),
    max_doublings: optional(z.int().min(0)),
  }),
);

/** `target` and `acl` are for App Engine's own handlers and for pull queues, so they have no effect here. */
const queueSchema = z
  .strictObject({
    name: z.string(),
    mode: optional(z.literal("push")),
    rate: optional(rateSchema),
    bucket_size: optional(z.int()),
    max_concurrent_requests: optional(z.int()),
    retry_parameters: retrySchema,
    target: optional(z.string()),
    acl: z.unknown().optional(),
  })
  .transform(toDefinition);

/** App Engine's queue.yaml (https://cloud.google.com/appengine/docs/standard/reference/queueref). */
export const queueYamlSchema = z
  .object({ queue: z.array(queueSchema).nullable() })
  .transform(({ queue }): QueueDefinition[] => queue ?? []);

interface YamlQueue {
  readonly name: string;
  /** Tasks a second. */
  readonly rate?: number | undefined;
  readonly bucket_size?: number | undefined;
  readonly max_concurrent_requests?: number | undefined;
  readonly retry_parameters?: z.output<typeof retrySchema>;
}

function toDefinition(queue: YamlQueue): QueueDefinition {
  const { name, rate, bucket_size: bucket, max_concurrent_requests: concurrent } = queue;
  return {
    name,
    rateLimits: {
      // A rate of 0 stops the queue. In the API that is a state.
      ...(rate ? { maxDispatchesPerSecond: rate } : {}),
      ...(bucket === undefined ? {} : { maxBurstSize: bucket }),
      ...(concurrent === undefined ? {} : { maxConcurrentDispatches: concurrent }),
    },
    retryConfig: toRetryConfig(queue.retry_parameters ?? {}),
    ...(rate === 0 ? { state: "PAUSED" as const } : {}),
  };
}

const UNLIMITED = -1;

/** Of Cloud Tasks; App Engine's are the same. */
const DEFAULT_MIN_BACKOFF_SECONDS = 0.1;
const DEFAULT_MAX_BACKOFF_SECONDS = 3600;

/**
 * What App Engine makes of the parameters: `task_retry_limit` counts the attempts after the first, without it the age alone
 * decides, and without both a task is retried for ever. A backoff beyond the other's default moves the other, too.
 */
function toRetryConfig(
  retry: Partial<NonNullable<z.output<typeof retrySchema>>>,
): NonNullable<QueueDefinition["retryConfig"]> {
  const { task_retry_limit: retries, task_age_limit: ageMs, max_doublings: doublings } = retry;
  const { min_backoff_seconds: minSeconds, max_backoff_seconds: maxSeconds } = retry;
  const raisedMax = minSeconds !== undefined && minSeconds > DEFAULT_MAX_BACKOFF_SECONDS ? minSeconds : undefined;
  const loweredMin = maxSeconds !== undefined && maxSeconds < DEFAULT_MIN_BACKOFF_SECONDS ? maxSeconds : undefined;
  const min = minSeconds ?? loweredMin;
  const max = maxSeconds ?? raisedMax;
  return {
    maxAttempts: retries === undefined ? UNLIMITED : retries + 1,
    ...(ageMs === undefined ? {} : { maxRetryDuration: ageMs }),
    ...(min === undefined ? {} : { minBackoff: min * 1000 }),
    ...(max === undefined ? {} : { maxBackoff: max * 1000 }),
    ...(doublings === undefined ? {} : { maxDoublings: doublings }),
  };
}
