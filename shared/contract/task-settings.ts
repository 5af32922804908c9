import * as z from "zod";

/**
 * An environment variable that a task type's handler needs. The type's definition declares it, and the rest follows:
 * the worker parses it on startup, infra provides it, and `npm start` sets it to its local value.
 */
export interface TaskSetting<Schema extends z.ZodType = z.ZodType> {
  readonly kind: "setting" | "secret";
  /** Parses the variable's text, or undefined if the variable isn't set. */
  readonly schema: Schema;
  /** The variable's text for `npm start` and tests. Undefined: it isn't set there. */
  readonly local: string | undefined;
  /** Whether it turns off a protection and so must not be set on Cloud Run. */
  readonly localOnly: boolean;
  /** How infra generates the secret, once, if the stack's configuration doesn't set it. */
  readonly generated?: GeneratedSecret;
}

/** The form of a generated secret: a prefix, and random bytes in base64. */
export interface GeneratedSecret {
  readonly prefix: string;
  readonly bytes: number;
}

/** The settings that a task type declares, by variable name. */
export type TaskSettings = Readonly<Record<string, TaskSetting>>;

/** The parsed settings that a handler receives. */
export type SettingValues<Settings extends TaskSettings> = {
  readonly [Name in keyof Settings]: z.output<Settings[Name]["schema"]>;
};

/** The default local value of a secret. */
const MADE_UP_SECRET = "made-up-local-secret";

/** Declares a secret that may be any text. In the cloud, it is kept in Secret Manager. */
export function secret(): TaskSetting<z.ZodString>;
/**
 * Declares a secret with a schema.
 *
 * @param options.schema parses it. Its messages must not quote the value.
 * @param options.local its local value, for `npm start` and tests. It is in the source code, so never use a real one.
 * @param options.generated how infra generates it if the stack's configuration doesn't set it; default: it must be set.
 */
export function secret<Schema extends z.ZodType>(options: {
  readonly schema: Schema;
  readonly local: string;
  readonly generated?: GeneratedSecret;
}): TaskSetting<Schema>;
export function secret(options?: {
  readonly schema: z.ZodType;
  readonly local: string;
  readonly generated?: GeneratedSecret;
}): TaskSetting {
  const declared = options ?? { schema: z.string().min(1), local: MADE_UP_SECRET };
  return Object.freeze({ kind: "secret", localOnly: false, ...declared });
}

/**
 * Declares a variable that isn't secret. In the cloud, the stack's configuration sets it.
 *
 * @param options.schema parses its text. One that accepts undefined, for example through `.default(…)`, makes it
 * optional.
 * @param options.local its local text, for `npm start` and tests; default: not set, which the schema must then allow.
 * @param options.localOnly whether it must not be set on Cloud Run; default false.
 */
export function setting<Schema extends z.ZodType>(options: {
  readonly schema: Schema;
  readonly local?: string;
  readonly localOnly?: boolean;
}): TaskSetting<Schema> {
  const { schema, local, localOnly = false } = options;
  return Object.freeze({ kind: "setting", schema, local, localOnly });
}

/** Whether the variable may be left unset: its schema accepts undefined. */
export function isOptional({ schema }: TaskSetting): boolean {
  return schema.safeParse(undefined).success;
}

/** The local value of each variable that has one, by variable name. */
export function localVariables(settings: ReadonlyMap<string, TaskSetting>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...settings].flatMap(([name, { local }]) => (local === undefined ? [] : [[name, local] as const])),
  );
}

/** Each part begins with a letter, so that no two names map to the same key in the stack's configuration. */
const NAME_PATTERN = /^[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)*$/;

/** Names that the services, their images or Cloud Run use. */
const TAKEN_NAMES = new Set([
  "ACCESS",
  "AUTH_MODE",
  "CALLER_KEYS_FROM",
  "CALLER_REQUESTS_PER_SECOND",
  "COLLECTION_PREFIX",
  "DEAD_LETTER_RETENTION_DAYS",
  "DELIVERIES_METRIC",
  "HOST",
  "INVOKER_CHECK",
  "INVOKER_SERVICE_ACCOUNT",
  "LOG_LEVEL",
  "MAX_PAYLOAD_BYTES",
  "MEMORY_MIB",
  "METADATA_SERVER_DETECTION",
  "OUTBOX_TYPES",
  "PATH",
  "PORT",
  "PRODUCER_AUDIENCE",
  "PRODUCER_URL",
  "QUEUES",
  "THROUGHPUT_URL",
  "WORKER_AUDIENCE",
  "WORKER_URL",
]);
const TAKEN_PREFIXES = ["CLOUD_RUN_", "CLOUD_TASKS_", "FIRESTORE_", "GOOGLE_", "K_", "NODE_", "OIDC_", "OTEL_"];

/** Whether the services, their images or Cloud Run use a variable of this name. */
export function isTakenName(name: string): boolean {
  return TAKEN_NAMES.has(name) || TAKEN_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** The problems with a task type's declared settings, one sentence each. */
export function settingProblems(settings: TaskSettings): string[] {
  return Object.entries(settings).flatMap(([name, { schema, local }]) => {
    if (!NAME_PATTERN.test(name)) return [`The setting "${name}" must have a name in capitals, such as WEBHOOK_KEY.`];
    if (isTakenName(name)) {
      return [`The setting ${name} has the name of one of Handoff's own variables: choose another.`];
    }
    return schema.safeParse(local).success ? [] : [`The setting ${name} has no local value that its schema accepts.`];
  });
}
