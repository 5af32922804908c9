import { z } from "zod";
import { schemaProblems } from "../http/schema-problems.ts";
import { ConfigError } from "./config-error.ts";
import { HIGHEST_PORT, NOT_HOST_AND_PORT, parseHostAndPort } from "./host-and-port.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What makes sense on one machine only: in the cloud each of these would turn off a protection, or send data elsewhere. */
const LOCAL_VARIABLES = [
  "FIRESTORE_EMULATOR_HOST",
  "CLOUD_TASKS_EMULATOR_HOST",
  "OIDC_CERTS_URL",
  "WEBHOOK_ALLOW_PRIVATE_ADDRESSES",
];

/**
 * Reads a service's configuration once, from variables named as the schema's keys. Empty variables count as unset.
 *
 * @throws ConfigError with every problem at once, and when a variable that is for one machine only is set on Cloud Run
 * (`K_SERVICE` is set).
 */
export function readConfig<Schema extends z.ZodObject>(schema: Schema, environment: Environment): z.output<Schema> {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const problems = localVariableProblems(set);
  const parsed = schema.safeParse(set);
  if (parsed.success && problems.length === 0) return parsed.data;
  for (const { path, message } of schemaProblems(parsed.error, { value: set, root: "", missing: "is not set" })) {
    problems.push(path === "" ? `${message}.` : `${path}: ${message}.`);
  }
  throw new ConfigError(`The configuration can't be used:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

function localVariableProblems(environment: Environment): string[] {
  if (!environment["K_SERVICE"]) return [];
  return LOCAL_VARIABLES.filter((name) => environment[name]).map(
    (name) => `${name}: must not be set on Cloud Run, where K_SERVICE is set.`,
  );
}

/** A TCP port in a variable; 0 asks for any free one. */
export const portVariable = z.coerce.number().int().min(0).max(HIGHEST_PORT);

/** `host:port` in a variable, as Google's clients take an emulator's address. */
export const hostAndPortVariable = z.string().transform((text, context) => {
  const parsed = parseHostAndPort(text);
  if (parsed) return parsed;
  context.addIssue({ code: "custom", message: NOT_HOST_AND_PORT });
  return z.NEVER;
});

/** `true` or `false` in a variable. */
export const flagVariable = z.enum(["true", "false"]).transform((text) => text === "true");

/** The least level that is logged. */
export const logLevelVariable = z.enum(["trace", "debug", "info", "warn", "error"]).default("info");

/** What a service needs to know to name queues and reach Google Cloud or its emulators. */
export const platformVariables = {
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  FIRESTORE_DATABASE: z.string().min(1).default("(default)"),
  QUEUE_NAME_CRITICAL: z.string().min(1).default("critical"),
  QUEUE_NAME_DEFAULT: z.string().min(1).default("default"),
  QUEUE_NAME_BULK: z.string().min(1).default("bulk"),
  LOG_LEVEL: logLevelVariable,
};

/** The Cloud Tasks name of each queue, from the configuration. */
export function queueNamesOf(config: {
  QUEUE_NAME_CRITICAL: string;
  QUEUE_NAME_DEFAULT: string;
  QUEUE_NAME_BULK: string;
}) {
  return { critical: config.QUEUE_NAME_CRITICAL, default: config.QUEUE_NAME_DEFAULT, bulk: config.QUEUE_NAME_BULK };
}
