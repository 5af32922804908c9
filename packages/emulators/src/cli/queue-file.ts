import fs from "node:fs";
import { YAMLParseError, parse } from "yaml";
import { z } from "zod";
import { ConfigError } from "./config-error.ts";
import type { QueueDefinition } from "../cloud-tasks/state/queue-definition.ts";

const durationSchema = z.union([z.string(), z.number()]);

/** A queue in the form of the REST API. Fields that only the service sets are ignored, so that gcloud's output can be used. */
const restQueueSchema = z.strictObject({
  name: z.string(),
  rateLimits: z
    .strictObject({
      maxDispatchesPerSecond: z.number().exactOptional(),
      maxConcurrentDispatches: z.int().exactOptional(),
      maxBurstSize: z.int().exactOptional(),
    })
    .exactOptional(),
  retryConfig: z
    .strictObject({
      maxAttempts: z.int().exactOptional(),
      maxRetryDuration: durationSchema.exactOptional(),
      minBackoff: durationSchema.exactOptional(),
      maxBackoff: durationSchema.exactOptional(),
      maxDoublings: z.int().exactOptional(),
    })
    .exactOptional(),
  state: z.enum(["RUNNING", "PAUSED"]).exactOptional(),
  purgeTime: z.string().exactOptional(),
  stackdriverLoggingConfig: z.looseObject({}).exactOptional(),
});

/** A queue in App Engine's queue.yaml (https://cloud.google.com/appengine/docs/standard/reference/queueref). */
const yamlQueueSchema = z.strictObject({
  name: z.string(),
  mode: z.literal("push").exactOptional(),
  rate: z
    .union([z.literal(0), z.string().regex(/^\d+(\.\d+)?\/[smhd]$/, "must be a number followed by /s, /m, /h or /d")])
    .exactOptional(),
  bucket_size: z.int().exactOptional(),
  max_concurrent_requests: z.int().exactOptional(),
  retry_parameters: z
    .strictObject({
      task_retry_limit: z.int().exactOptional(),
      task_age_limit: z.string().exactOptional(),
      min_backoff_seconds: z.number().exactOptional(),
      max_backoff_seconds: z.number().exactOptional(),
      max_doublings: z.int().exactOptional(),
    })
    .exactOptional(),
});

const fileSchemas = {
  rest: z.strictObject({ queues: z.array(restQueueSchema) }),
  yaml: z.object({ queue: z.array(yamlQueueSchema) }),
};

/**
 * Reads queues from a file: App Engine's queue.yaml, or a list of queues in the form of the REST API, in JSON or YAML.
 *
 * @throws ConfigError that lists what is wrong with the file.
 */
export function readQueueFile(file: string): QueueDefinition[] {
  const content = parseFile(file);
  if (isRecord(content) && "queue" in content) return check(file, fileSchemas.yaml, content).queue.map(fromYaml);
  const listed = Array.isArray(content) ? { queues: content } : content;
  return check(file, fileSchemas.rest, listed).queues.map(fromRest);
}

const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null;

/** JSON is also YAML. */
function parseFile(file: string): unknown {
  try {
    return parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof YAMLParseError || error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The queues in ${file} can't be read: ${reason}`, { cause: error });
  }
}

function check<Content>(file: string, schema: z.ZodType<Content>, content: unknown): Content {
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  - ${path.join(".") || "the file"}: ${message}`);
  throw new ConfigError(
    `The queues in ${file} are invalid. It must be a queue.yaml, or a list of queues as gcloud prints it:\n${lines.join("\n")}`,
  );
}

function fromRest({
  purgeTime: _purged,
  stackdriverLoggingConfig: _logging,
  ...queue
}: z.output<typeof restQueueSchema>) {
  return queue;
}

const SECONDS_A_UNIT = new Map([
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
]);

/** Each parameter of queue.yaml means the same as a field of the API, according to the API's reference of Queue. */
function fromYaml(queue: z.output<typeof yamlQueueSchema>): QueueDefinition {
  const { name, rate, bucket_size: bucket, max_concurrent_requests: concurrent, retry_parameters: retry = {} } = queue;
  const [amount, unit = "s"] = String(rate ?? "").split("/");
  const perSecond = Number(amount) / (SECONDS_A_UNIT.get(unit) ?? 1);
  return {
    name,
    rateLimits: {
      // A rate of 0 stops the queue. In the API that is a state.
      ...(perSecond > 0 ? { maxDispatchesPerSecond: perSecond } : {}),
      ...(bucket === undefined ? {} : { maxBurstSize: bucket }),
      ...(concurrent === undefined ? {} : { maxConcurrentDispatches: concurrent }),
    },
    retryConfig: {
      ...(retry.task_retry_limit === undefined ? {} : { maxAttempts: retry.task_retry_limit }),
      ...(retry.task_age_limit === undefined ? {} : { maxRetryDuration: retry.task_age_limit }),
      ...(retry.min_backoff_seconds === undefined ? {} : { minBackoff: retry.min_backoff_seconds * 1000 }),
      ...(retry.max_backoff_seconds === undefined ? {} : { maxBackoff: retry.max_backoff_seconds * 1000 }),
      ...(retry.max_doublings === undefined ? {} : { maxDoublings: retry.max_doublings }),
    },
    ...(rate !== undefined && perSecond === 0 ? { state: "PAUSED" as const } : {}),
  };
}
