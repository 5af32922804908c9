import { z } from "zod";

/**
 * A variable that a task type's handler needs. It is declared in the type's definition, and everything else follows: the
 * worker parses it when it starts, infra provides it, `npm start` sets it to its local value.
 */
export interface TaskSetting<Schema extends z.ZodType = z.ZodType> {
  readonly kind: "setting" | "secret";
  /** Reads the variable's text. It gets undefined where the variable isn't set. */
  readonly schema: Schema;
  /** The variable's text on one machine. Undefined: it isn't set there. */
  readonly local: string | undefined;
  /** Whether it turns off a protection, so that no service on Cloud Run may have it set. */
  readonly localOnly: boolean;
  /** A secret that infra makes up, once, where the stack's configuration gives none. */
  readonly generated?: GeneratedSecret;
}

/** A secret's form: a prefix and random bytes in base64. */
export interface GeneratedSecret {
  readonly prefix: string;
  readonly bytes: number;
}

/** What a task type declares, by the variables' names. */
export type TaskSettings = Readonly<Record<string, TaskSetting>>;

/** What a handler gets for it. */
export type SettingValues<Settings extends TaskSettings> = {
  readonly [Name in keyof Settings]: z.output<Settings[Name]["schema"]>;
};

/** What a secret without a value of its own is on one machine. */
const MADE_UP_SECRET = "made-up-local-secret";

/** Declares a secret that is any text: Secret Manager holds it in the cloud. */
export function secret(): TaskSetting<z.ZodString>;
/**
 * Declares a secret of a certain form.
 *
 * @param options.schema reads it. It must not quote the value in its messages.
 * @param options.local the value on one machine. Everyone who has the code has it, so never a real one.
 * @param options.generated how infra makes it up where the stack's configuration gives none; default: it must be given.
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
 * Declares a variable that is no secret. In the cloud it is set from the stack's configuration.
 *
 * @param options.schema reads its text; one that takes undefined, as by `.default(…)`, makes it optional.
 * @param options.local the text on one machine; default: not set, which the schema must then allow.
 * @param options.localOnly whether it may be set on one machine only; default false.
 */
export function setting<Schema extends z.ZodType>(options: {
  readonly schema: Schema;
  readonly local?: string;
  readonly localOnly?: boolean;
}): TaskSetting<Schema> {
  const { schema, local, localOnly = false } = options;
  return Object.freeze({ kind: "setting", schema, local, localOnly });
}

/** Whether it may be left out: its schema takes undefined. */
export function isOptional({ schema }: TaskSetting): boolean {
  return schema.safeParse(undefined).success;
}

/** The variables that are set on one machine, by their names. */
export function localVariables(settings: ReadonlyMap<string, TaskSetting>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...settings].flatMap(([name, { local }]) => (local === undefined ? [] : [[name, local] as const])),
  );
}

/** Each part begins with a letter, so that no two names are one in a stack's configuration. */
const NAME_PATTERN = /^[A-Z][A-Z0-9]*(?:_[A-Z][A-Z0-9]*)*$/;

/** Variables that the services, their images and Cloud Run go by. */
const TAKEN_NAMES = new Set([
  "AUTH_MODE",
  "DEAD_LETTER_RETENTION_DAYS",
  "HOST",
  "INVOKER_CHECK",
  "INVOKER_SERVICE_ACCOUNT",
  "LOG_LEVEL",
  "MAX_PAYLOAD_BYTES",
  "METADATA_SERVER_DETECTION",
  "PATH",
  "PORT",
  "QUEUES",
  "WORKER_AUDIENCE",
  "WORKER_URL",
]);
const TAKEN_PREFIXES = ["CLOUD_TASKS_", "FIRESTORE_", "GOOGLE_", "K_", "NODE_", "OIDC_", "OTEL_"];

/** What is wrong with a task type's declared settings, a sentence each. */
export function settingProblems(settings: TaskSettings): string[] {
  return Object.entries(settings).flatMap(([name, { schema, local }]) => {
    if (!NAME_PATTERN.test(name)) return [`The setting "${name}" must be named in capitals, as WEBHOOK_KEY.`];
    if (TAKEN_NAMES.has(name) || TAKEN_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      return [`The setting ${name} has the name of a variable of Handoff's own: choose another.`];
    }
    return schema.safeParse(local).success ? [] : [`The setting ${name} has no local value that its schema takes.`];
  });
}
