import * as z from "zod";
import { type TaskSetting, isTakenName } from "../../shared/contract/task-settings.ts";
import { isObject } from "../../shared/runtime/is-object.ts";
import { oneOf } from "./setting-values.ts";
import { configKeyOf } from "./task-settings.ts";

/** Cloud Run's own limit (https://cloud.google.com/run/quotas). */
const MAX_VALUE_LENGTH = 32_768;

/** The name of a variable that the worker's own code or libraries read, such as SENTRY_DSN. */
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a variable's name, such as SENTRY_DSN")
  .refine(
    (name) => !isTakenName(name),
    "is the name of one of Handoff's own variables, or of Cloud Run's: choose another",
  );

const NOT_A_TEXT = "must be a text: write numbers, true and false in quotes";

/** A version of an existing secret. */
export interface SecretReference {
  readonly project: string;
  readonly name: string;
  readonly version: string;
}

/** A secret's full name. */
export function fullNameOf({ project, name }: SecretReference): string {
  return `projects/${project}/secrets/${name}`;
}

/** The form that Cloud Run requires: the name of a secret in the service's own project, or another's full name. */
export function referenceTo(given: SecretReference, project: string) {
  return { secret: given.project === project ? given.name : fullNameOf(given), version: given.version };
}

const VERSION_NAME = /^projects\/([a-z0-9-]+)\/secrets\/([A-Za-z0-9_-]+)\/versions\/(\d+)$/;

/** An existing secret, as `gcloud secrets versions list --uri` and the Cloud console name it. */
const secretVersion = z
  .string("must be the full name of a secret's version")
  .refine(
    (name) => !name.endsWith("/versions/latest"),
    "must name a version by its number: with latest, an earlier revision would change, too, and a rollback might not work",
  )
  .regex(
    VERSION_NAME,
    "must be the full name of a secret's version, for example projects/my-project-123/secrets/sentry-dsn/versions/1",
  )
  .transform((text): SecretReference => {
    const [, project = "", name = "", version = ""] = VERSION_NAME.exec(text) ?? [];
    return { project, name, version };
  });

const mapOf = <Value extends z.ZodType>(value: Value, what: string) =>
  z.record(z.string(), value, { error: `must be a map of variables and ${what}` }).transform((given, context) => {
    for (const name of Object.keys(given)) {
      for (const { message } of variableName.safeParse(name).error?.issues ?? []) {
        context.addIssue({ code: "custom", path: [name], message });
      }
    }
    return new Map(Object.entries(given));
  });

const subnetPattern =
  /^(?:projects\/[a-z][a-z0-9-]*[a-z0-9]\/regions\/(?<region>[a-z0-9-]+)\/subnetworks\/)?[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A subnet of the stack's region: its name, or its path if it is in another project. */
export const subnet = z
  .string("must be a subnet's name, or projects/PROJECT/regions/REGION/subnetworks/NAME")
  .regex(subnetPattern, "must be a subnet's name, or projects/PROJECT/regions/REGION/subnetworks/NAME");

const EGRESS = "must be static-ip, or a map with a subnet and, if need be, traffic";

const throughSubnet = z.strictObject({
  subnet,
  /** `private-ranges`: only traffic to private addresses. Requests to the internet then have no fixed address. */
  traffic: oneOf("all", "private-ranges").default("all"),
});

/** The worker's own variables, secrets and egress, besides Handoff's. */
export const workerFields = {
  /** Variables for the worker's own code. Not for secrets: anybody who may view the service can read them. */
  workerEnvironment: mapOf(
    z.string(NOT_A_TEXT).max(MAX_VALUE_LENGTH, `must not be longer than ${MAX_VALUE_LENGTH} characters`),
    "texts",
  ).default(new Map()),
  /** Variables whose values are in Secret Manager. The worker's account may read each of these secrets. */
  workerSecrets: mapOf(secretVersion, "versions of secrets").default(new Map()),
  /**
   * How the worker's requests, such as webhooks, leave the stack. `static-ip`: from a fixed address, through a network,
   * a Cloud NAT and an address of the stack's own. A subnet: as its network is configured. Default: from any address of
   * Google's.
   */
  workerEgress: z
    .unknown()
    .transform((given, context) => {
      if (given === "static-ip") return given;
      const isMap = isObject(given);
      const { data, error } = isMap ? throughSubnet.safeParse(given) : { data: undefined, error: undefined };
      if (data) return data;
      for (const { path, message, code } of error?.issues ?? []) {
        context.addIssue({ code: "custom", path, message: code === "unrecognized_keys" ? EGRESS : message });
      }
      if (!isMap) context.addIssue({ code: "custom", message: EGRESS });
      return z.NEVER;
    })
    .optional(),
};

interface WorkerSettings {
  readonly region: string;
  readonly consoleSubnet?: string | undefined;
  readonly workerEgress?: z.output<typeof workerFields.workerEgress>;
  readonly workerEnvironment: ReadonlyMap<string, unknown>;
  readonly workerSecrets: ReadonlyMap<string, SecretReference>;
}

interface Problem {
  readonly path: string[];
  readonly message: string;
}

/**
 * Contradictory or impossible settings: the path of each, and a sentence.
 *
 * @param declared the variables that task types declare.
 */
export function workerProblems(
  settings: WorkerSettings,
  declared: ReadonlyMap<string, TaskSetting>,
): readonly Problem[] {
  const { workerEnvironment, workerSecrets } = settings;
  const given = [
    ...[...workerEnvironment.keys()].map((name) => ["workerEnvironment", name] as const),
    ...[...workerSecrets.keys()].map((name) => ["workerSecrets", name] as const),
  ];
  const clashes = given.flatMap(([setting, name]): Problem[] => {
    const path = [setting, name];
    const ofTask = declared.get(name);
    if (ofTask?.localOnly) return [{ path, message: "is only for a developer's machine: leave it out" }];
    if (ofTask) return [{ path, message: `is declared by a task type: set handoff:${configKeyOf(name)} instead` }];
    const isTwice = setting === "workerSecrets" && workerEnvironment.has(name);
    return isTwice ? [{ path, message: "is in handoff:workerEnvironment, too: leave one out" }] : [];
  });
  return [...clashes, ...subnetProblems(settings)];
}

/** Direct VPC egress requires the service's region (https://cloud.google.com/run/docs/configuring/vpc-direct-vpc). */
function subnetProblems({ region, consoleSubnet, workerEgress }: WorkerSettings): readonly Problem[] {
  const subnets = [
    { path: ["consoleSubnet"], name: consoleSubnet },
    { path: ["workerEgress", "subnet"], name: typeof workerEgress === "object" ? workerEgress.subnet : undefined },
  ];
  return subnets.flatMap(({ path, name }) => {
    const its = name === undefined ? undefined : subnetPattern.exec(name)?.groups?.["region"];
    if (its === undefined || its === region) return [];
    return [{ path, message: `is in ${its}, and must be in the services' region, which is ${region}` }];
  });
}
