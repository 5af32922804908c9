import fs from "node:fs";
import { YAMLParseError, parse } from "yaml";
import * as z from "zod";
import { ConfigError } from "./config-error.ts";
import type { QueueDefinition } from "../cloud-tasks/state/queue-definition.ts";
import { PLAIN_WORDS } from "../control/issue-message.ts";
import { queueYamlSchema } from "./queue-yaml.ts";

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

const fileSchemas = {
  rest: z.strictObject({ queues: z.array(restQueueSchema) }),
  yaml: queueYamlSchema,
};

/**
 * Reads queues from a file: App Engine's queue.yaml, or a list of queues in the form of the REST API, in JSON or YAML.
 *
 * @throws ConfigError that lists what is wrong with the file.
 */
export function readQueueFile(file: string): QueueDefinition[] {
  const content = parseFile(file);
  if (isRecord(content) && "queue" in content) return check(file, fileSchemas.yaml, content);
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
  const parsed = schema.safeParse(content, PLAIN_WORDS);
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
