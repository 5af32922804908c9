import * as z from "zod";
import type { TaskSetting } from "../contract/task-settings.ts";
import { schemaProblems } from "../http/schema-problems.ts";
import { ConfigError } from "./config-error.ts";
import { numberWithin } from "./variables/number-within.ts";
import { HIGHEST_PORT, NOT_HOST_AND_PORT, parseHostAndPort } from "../network/host-and-port.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that only make sense locally. In the cloud, each would turn off a protection or send data elsewhere. */
const LOCAL_VARIABLES = [
  "FIRESTORE_EMULATOR_HOST",
  "CLOUD_TASKS_EMULATOR_HOST",
  "OIDC_CERTS_URL",
  "IAP_KEYS_URL",
  "THROUGHPUT_URL",
];

/**
 * Reads a service's configuration once, from variables named like the schema's keys. Empty variables count as unset.
 *
 * @throws ConfigError with every problem at once, including each variable that must not be set on Cloud Run, where
 * `K_SERVICE` is set.
 */
export function readConfig<Schema extends z.ZodObject>(schema: Schema, environment: Environment): z.output<Schema> {
  return readConfigAndSettings(schema, new Map(), environment).config;
}

/**
 * Reads a service's configuration as `readConfig` does, along with the variables that task types declare.
 *
 * @returns the configuration, and the parsed values of the declared variables, by name.
 * @throws ConfigError with every problem of either at once.
 */
export function readConfigAndSettings<Schema extends z.ZodObject>(
  schema: Schema,
  settings: ReadonlyMap<string, TaskSetting>,
  environment: Environment,
): { readonly config: z.output<Schema>; readonly settings: ReadonlyMap<string, unknown> } {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const localOnly = [...settings].filter(([, declared]) => declared.localOnly).map(([name]) => name);
  const parsed = schema.safeParse(set);
  const values = new Map([...settings].map(([name, declared]) => [name, declared.schema.safeParse(set[name])]));
  const problems = [
    ...localVariableProblems(set, [...LOCAL_VARIABLES, ...localOnly]),
    ...variableProblems(parsed.error, set),
    ...[...values].flatMap(([name, { error }]) => variableProblems(error, set[name], name)),
  ];
  if (parsed.success && problems.length === 0) {
    return { config: parsed.data, settings: new Map([...values].map(([name, { data }]) => [name, data])) };
  }
  throw new ConfigError(`The configuration is invalid:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

function localVariableProblems(environment: Environment, localOnly: readonly string[]): string[] {
  if (!environment["K_SERVICE"]) return [];
  return localOnly
    .filter((name) => environment[name])
    .map((name) => `${name}: must not be set on Cloud Run, where K_SERVICE is set.`);
}

/** One line per problem, beginning with the variable's name. */
function variableProblems(error: z.core.$ZodError | undefined, value: unknown, name?: string): string[] {
  const checked = { value, root: "", missing: "is not set", ...(name === undefined ? {} : { path: [name] }) };
  return schemaProblems(error, checked).map(({ path, message }) =>
    path === "" ? `${message}.` : `${path}: ${message}.`,
  );
}

/** A TCP port in a variable; 0 means any free one. */
export const portVariable = numberWithin({ from: 0, to: HIGHEST_PORT });

/** `host:port` in a variable, the form in which Google's clients accept an emulator's address. */
export const hostAndPortVariable = z.string().transform((text, context) => {
  const parsed = parseHostAndPort(text);
  if (parsed) return parsed;
  context.addIssue({ code: "custom", message: NOT_HOST_AND_PORT });
  return z.NEVER;
});

/** `true` or `false` in a variable. */
export const flagVariable = z.enum(["true", "false"]).transform((text) => text === "true");

/** The lowest level to log. */
export const logLevelVariable = z.enum(["trace", "debug", "info", "warn", "error"]).default("info");

/**
 * The prefix of the names of Handoff's collections. It begins with a letter, since Firestore reserves names like
 * `__x__` (https://firebase.google.com/docs/firestore/quotas#collections_documents_and_fields).
 */
export const collectionPrefixVariable = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, "must be a letter, then at most 39 letters, digits, hyphens and underscores");

/** What a service needs to reach Google Cloud or its emulators, and its log level. */
export const platformVariables = {
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  FIRESTORE_DATABASE: z.string().min(1).default("(default)"),
  FIRESTORE_EMULATOR_HOST: hostAndPortVariable.optional(),
  COLLECTION_PREFIX: collectionPrefixVariable.default(""),
  LOG_LEVEL: logLevelVariable,
};
