import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import { DEFAULT_CALLER_REQUESTS_PER_SECOND } from "../../shared/auth/access.ts";
import type { Registry, Schedules } from "../../shared/contract/registry.ts";
import { DEFAULT_DEAD_LETTER_RETENTION_DAYS } from "../../shared/records/letters/dead-letter.ts";
import { numberWithin } from "../../shared/runtime/variables/number-within.ts";
import { accessProblems, accounts, caller, callerTypes, typePatterns } from "./access-settings.ts";
import { capacityFields, capacityProblems } from "./capacity-settings.ts";
import { consoleFields, consoleProblems } from "./console-settings.ts";
import { databaseFields, databaseProblems } from "./database-settings.ts";
import { operationsFields, operationsProblems } from "./operations-settings.ts";
import { describeIssue } from "./describe-issue.ts";
import { listOf, oneOf, readStructured, trueOrFalse } from "./setting-values.ts";
import { type GivenSettings, type IsSecret, OPEN_SECRET, configurable, readTaskSettings } from "./task-settings.ts";
import { workerFields, workerProblems } from "./worker-settings.ts";

/** The stack's configuration is invalid. The message has a sentence for each problem that says what to do. */
export class SettingsError extends pulumi.RunError {
  readonly code = "INVALID_SETTINGS";
}

/** The namespace of our keys in a stack's configuration. */
const NAMESPACE = "handoff";

/** Names of defined schedules. */
const schedulesOff = (schedules: Schedules) =>
  listOf(
    z.string().refine((name) => schedules.has(name), {
      error: `names no schedule: the schedules are ${[...schedules.keys()].join(", ") || "none at all"}`,
    }),
  ).refine(areDistinct, "must not contain duplicates");

/** A setting from before schedules were code. It is refused, so that nobody believes that it still works. */
const goneSchedules = z.undefined({
  error:
    "schedules are code now: write each one in shared/tasks/schedules.ts, as defineSchedule({ name, cron, timeZone, task, " +
    "payload }), list it there, and remove this setting with: pulumi config rm handoff:schedules. See docs/schedules.md",
});

/** The settings of every stack, whatever its task types. */
const ownFields = {
  /** The Google Cloud project's id. */
  project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, "must be a project's id, for example my-project-123"),
  region: z.string().regex(/^[a-z]+-[a-z]+\d+$/, "must be a region, for example europe-west1"),
  /**
   * The prefix of every resource name, so that two stacks fit in one project. It is also the name of the stack's own
   * database, which must have at least 4 characters; account names allow 20.
   */
  prefix: z.string().regex(/^[a-z][a-z0-9-]{2,18}[a-z0-9]$/, "must be 4 to 20 lower-case letters, digits and hyphens"),
  ...databaseFields,
  ...operationsFields,
  /** Whether to protect what can't be recreated (database, queues, secret) from deletion. */
  protect: trueOrFalse.default(true),
  /**
   * The time since which each caller has its own idempotency keys. Before, all callers shared them. Default: always.
   * Tasks that revisions without callers accepted are looked up for an unlimited time.
   */
  callerKeysFrom: z.iso
    .datetime({ offset: true, error: 'must be a time with a zone, and in quotes, for example "2027-01-31T12:00:00Z"' })
    .optional(),
  callers: listOf(caller).refine(areDistinct, "must not contain duplicates").default([]),
  /** E-mail addresses of people and service accounts. They may call the producer without being listed as callers. */
  operators: accounts.default([]),
  viewers: accounts.default([]),
  /** How many requests each caller may send to each producer instance. */
  callerRequestsPerSecond: numberWithin({ from: 1, to: 10_000 }).default(DEFAULT_CALLER_REQUESTS_PER_SECOND),
  notificationEmails: listOf(z.email("must be an e-mail address"))
    .refine(areDistinct, "must not contain duplicates")
    .default([]),
  producerIngress: oneOf("all", "internal").default("all"),
  ...consoleFields,
  ...workerFields,
  ...capacityFields,
  deadLetterRetentionDays: numberWithin({ from: 1, to: 3_650 }).default(DEFAULT_DEAD_LETTER_RETENTION_DAYS),
  /** How many days to keep daily backups of the stack's own database; 0 turns backups off. */
  backupRetentionDays: numberWithin({ from: 0, to: 98 }).default(7),
  /**
   * How long a service waits for grants that the same update made. IAM typically takes two minutes
   * (https://cloud.google.com/iam/docs/access-change-propagation).
   */
  grantSettleSeconds: numberWithin({ from: 0, to: 900 }).default(120),
  imagesKept: numberWithin({ from: 2, to: 100 }).default(10),
  /** The fraction of traces to sample when the caller hasn't decided; 0 turns tracing off. */
  traceSampleRatio: numberWithin({ from: 0, to: 1, whole: false }).default(0),
  /** At most info, because metrics count lines of that level. */
  logLevel: oneOf("debug", "info").default("info"),
  authMode: oneOf("auto", "verify", "platform").default("auto"),
};

const schemaOf = ({ types, schedules }: Pick<Registry, "types" | "schedules">) =>
  z
    .strictObject({
      ...ownFields,
      callerTypes: callerTypes(types).default(new Map()),
      /** The types that applications may enqueue through the outbox; an empty list means none. Default: all. */
      outboxTypes: typePatterns(types).optional(),
      /** The schedules that this stack doesn't run. */
      schedulesOff: schedulesOff(schedules).default([]),
      schedules: goneSchedules.optional(),
    })
    .refine((settings) => !(settings.producerMinInstances > settings.producerMaxInstances), {
      path: ["producerMinInstances"],
      message: "must not be more than producerMaxInstances",
    })
    .refine((settings) => !(settings.workerMinInstances > settings.workerMaxInstances), {
      path: ["workerMinInstances"],
      message: "must not be more than workerMaxInstances",
    });

export type Settings = z.output<ReturnType<typeof schemaOf>> & {
  /** The values of the variables that task types declare. */
  readonly taskSettings: GivenSettings;
};

/**
 * Reads the settings from a stack's whole configuration (`handoff:region` and so on; it ignores other namespaces).
 * Structured values are JSON text, as Pulumi passes them.
 *
 * @param isSecret which of them were set with --secret. Default: none.
 * @throws SettingsError with a sentence for each problem. It never quotes values, since some are secrets.
 */
export function parseSettings(
  configuration: Readonly<Record<string, string>>,
  registry: Registry,
  isSecret: IsSecret = () => false,
): Settings {
  const declared = configurable(registry.settings);
  const own = new Map<string, unknown>();
  const ofTasks = new Map<string, string>();
  const unread: string[] = [];
  for (const [name, text] of Object.entries(configuration)) {
    if (!name.startsWith(`${NAMESPACE}:`)) continue;
    const key = name.slice(NAMESPACE.length + 1);
    if (declared.has(key)) ofTasks.set(key, text);
    else {
      const { value, problems } = readStructured(text);
      own.set(key, value);
      unread.push(...problems.map(({ path, message }) => `${[name, ...path].join(".")}: ${message}.`));
    }
  }
  const schema = schemaOf(registry);
  const parsed = schema.safeParse(Object.fromEntries(own));
  const { given, problems } = readTaskSettings(registry.settings, ofTasks, (key) => isSecret(`${NAMESPACE}:${key}`));
  const known = Object.keys(schema.shape).filter((key) => key !== "schedules");
  const checked = { namespace: NAMESPACE, values: own, known: [...known, ...declared.keys()] };
  const sentences = [
    ...unread,
    ...openSecrets(isSecret),
    ...known
      .filter((key) => declared.has(key))
      .map(
        (key) =>
          `${declared.get(key)}: a task can't declare a setting with this name, since Handoff uses ${NAMESPACE}:${key} itself.`,
      ),
    ...(parsed.error?.issues ?? []).flatMap((issue) => describeIssue(issue, checked)),
    ...(parsed.success ? contradictions(parsed.data, own, registry) : []).map(
      ({ path, message }) => `${NAMESPACE}:${path.join(".")}: ${message}.`,
    ),
    ...problems.map(([key, sentence]) => `${NAMESPACE}:${key}: ${sentence}`),
  ];
  if (parsed.success && sentences.length === 0) return { ...parsed.data, taskSettings: given };
  throw new SettingsError(
    `The stack's configuration is invalid:\n${sentences.map((line) => `  - ${line}`).join("\n")}`,
  );
}

/** What was meant to be secret, and would be there for all to read. */
function openSecrets(isSecret: IsSecret): string[] {
  const key = `${NAMESPACE}:workerEnvironment`;
  if (!isSecret(key)) return [];
  return [
    `${key}: ${OPEN_SECRET} Put the value into Secret Manager, and name its version in ${NAMESPACE}:workerSecrets instead.`,
  ];
}

/** What valid settings say that can't be, or has no effect. */
function contradictions(
  settings: z.output<ReturnType<typeof schemaOf>>,
  given: ReadonlyMap<string, unknown>,
  registry: Registry,
) {
  return [
    ...accessProblems(settings),
    ...capacityProblems(settings, given),
    ...consoleProblems(settings),
    ...databaseProblems(settings, given),
    ...operationsProblems(settings),
    ...workerProblems(settings, registry.settings),
  ];
}

function areDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
