import * as z from "zod";
import { MADE_UP_SECRET } from "../../../infra/preview/cloud/made-up-state.ts";
import { textOf } from "../../../infra/preview/wire-values.ts";
import type { Registry } from "../../../shared/contract/registry.ts";
import { CONSOLE_POLICIES } from "./console-policies.ts";
import { OPERATIONS_POLICIES } from "./operations-policies.ts";
import { GIVEN_SECRET, WORKER_POLICIES } from "./worker-policies.ts";
import { OWN_ROLE, PRODUCER_POLICIES, isOwnRole } from "./producer-policies.ts";
import { expectedQueues } from "./expected-queues.ts";
import { type Graph, type StackKind, at, ofType, emailOf, textsIn, the, variablesOf } from "./graph.ts";

/** A rule that every graph must follow, given the stack's kind and registry; returns the violations, one line each. */
export type Policy = (graph: Graph, kind: StackKind, registry: Registry) => string[];

const SERVICE = "gcp:cloudrunv2/service:Service";
const QUEUE = "gcp:cloudtasks/queue:Queue";
const MAY_CALL = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
const ON_PROJECT = "gcp:projects/iAMMember:IAMMember";
const ON_ACCOUNT = "gcp:serviceaccount/iAMMember:IAMMember";
const ON_SECRET = "gcp:secretmanager/secretIamMember:SecretIamMember";
const DATABASE = "gcp:firestore/database:Database";
const FIELD = "gcp:firestore/field:Field";
const SECRET = "gcp:secretmanager/secret:Secret";
const SECRET_VERSION = "gcp:secretmanager/secretVersion:SecretVersion";
const ALERT = "gcp:monitoring/alertPolicy:AlertPolicy";
const CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel";

/** The only grants allowed: which role on which kind of resource. */
const ALLOWED_GRANTS = new Map([
  [MAY_CALL, ["roles/run.invoker", "roles/run.viewer"]],
  ["gcp:iap/webCloudRunServiceIamMember:WebCloudRunServiceIamMember", ["roles/iap.httpsResourceAccessor"]],
  [ON_ACCOUNT, ["roles/iam.serviceAccountUser"]],
  [ON_SECRET, ["roles/secretmanager.secretAccessor"]],
  [
    ON_PROJECT,
    ["roles/datastore.user", "roles/eventarc.eventReceiver", "roles/monitoring.viewer", "roles/telemetry.tracesWriter"],
  ],
]);

const NEVER_IN_THE_CLOUD = new Set([
  "FIRESTORE_EMULATOR_HOST",
  "CLOUD_TASKS_EMULATOR_HOST",
  "OIDC_CERTS_URL",
  "IAP_KEYS_URL",
  "THROUGHPUT_URL",
]);

/** What can't be recreated once it is gone. */
const HOLDS_STATE = [DATABASE, QUEUE, SECRET, "gcp:compute/address:Address"];

/** A declared secret: its variable, its name, and the name of the grant on it. */
function secretsOf({ settings }: Registry): { readonly variable: string; readonly name: string; grant: string }[] {
  return [...settings.keys()]
    .filter((variable) => settings.get(variable)?.kind === "secret")
    .map((variable) => {
      const name = variable.toLowerCase().replaceAll("_", "-");
      const grant = name === "webhook-signing-secret" ? "worker-signing-secret" : `worker-${name}`;
      return { variable, name, grant };
    });
}

/** The policies by name. They look at the graph of an update, where accounts have addresses. */
export const POLICIES: Readonly<Record<string, Policy>> = {
  ...PRODUCER_POLICIES,
  ...CONSOLE_POLICIES,
  ...OPERATIONS_POLICIES,
  ...WORKER_POLICIES,

  "nothing is public": (graph) =>
    graph.flatMap(({ name, inputs }) =>
      textsIn(inputs)
        .filter((text) => /allUsers|allAuthenticatedUsers/.test(text))
        .map((text) => `${name}: ${text}`),
    ),

  "the check of callers is never turned off": (graph) =>
    ofType(graph, SERVICE)
      .filter(({ inputs }) => inputs["invokerIamDisabled"] === true)
      .map(({ name }) => name),

  "only the needed grants exist": (graph) =>
    graph
      .filter(({ type }) => /Iam|IAM/.test(type) && type !== OWN_ROLE && !type.endsWith(":IAMAuditConfig"))
      .filter(({ inputs }) => !isOwnRole(graph, textOf(inputs["role"])))
      .filter(({ type, inputs }) => !ALLOWED_GRANTS.get(type)?.includes(textOf(inputs["role"])))
      .map(({ type, inputs }) => `${type}: ${textOf(inputs["role"])}`),

  "the invoker may call the worker and do nothing else": (graph) => {
    const invoker = `serviceAccount:${emailOf("invoker", graph)}`;
    const grants = graph.filter(({ inputs }) => inputs["member"] === invoker);
    const worker = the(graph, SERVICE, "worker").inputs["name"];
    const other = grants.filter(({ type, inputs }) => type !== MAY_CALL || inputs["name"] !== worker);
    return grants.length === 1 ? other.map(({ name }) => name) : [`the invoker has ${grants.length} grants`];
  },

  "only the invoker may call the worker": (graph) => {
    const worker = the(graph, SERVICE, "worker").inputs["name"];
    return ofType(graph, MAY_CALL)
      .filter(({ inputs }) => inputs["name"] === worker)
      .filter(({ inputs }) => inputs["member"] !== `serviceAccount:${emailOf("invoker", graph)}`)
      .map(({ inputs }) => textOf(inputs["member"]));
  },

  "the worker can be reached only from inside": (graph) => {
    const { inputs } = the(graph, SERVICE, "worker");
    return inputs["ingress"] === "INGRESS_TRAFFIC_INTERNAL_ONLY" ? [] : [textOf(inputs["ingress"])];
  },

  "the worker has one audience, and tasks carry it": (graph) => {
    const audience = textsIn(the(graph, SERVICE, "worker").inputs["customAudiences"]);
    const told = ["worker", "producer"].map((name) => variablesOf(the(graph, SERVICE, name)).get("WORKER_AUDIENCE"));
    return [...told, ...audience].every((text) => text === audience[0]) && audience.length === 1 ? [] : ["they differ"];
  },

  "every service runs as its own account": (graph) => {
    const accounts = ofType(graph, SERVICE).map(({ name, inputs }) => [
      name,
      textOf(at(inputs, "template.serviceAccount")),
    ]);
    return accounts.filter(([name, account]) => account !== emailOf(name ?? "", graph)).map(([name]) => `${name}`);
  },

  "access to records is granted on the one database": (graph) =>
    ofType(graph, ON_PROJECT)
      .filter(({ inputs }) => inputs["role"] === "roles/datastore.user")
      .filter(({ inputs }) => {
        const database = textOf(the(graph, DATABASE, "records").inputs["name"]);
        const condition = `resource.name == "projects/my-project-123/databases/${database}"`;
        return at(inputs, "condition.expression") !== condition;
      })
      .map(({ name }) => name),

  "state is protected in production, and only there": (graph, kind) =>
    ofType(graph, ...HOLDS_STATE)
      .filter(({ protect }) => protect !== (kind === "production"))
      .map(({ name, type }) => `${name} (${type})`),

  "a protected database outlives its stack": (graph, kind) => {
    const { inputs } = the(graph, DATABASE, "records");
    const expected =
      kind === "production" ? ["ABANDON", "DELETE_PROTECTION_ENABLED"] : ["DELETE", "DELETE_PROTECTION_DISABLED"];
    const found = [textOf(inputs["deletionPolicy"]), textOf(inputs["deleteProtectionState"])];
    return found.join() === expected.join() ? [] : [found.join()];
  },

  "a generated secret is stored only in its secret, and is marked": (graph) => {
    const open = graph.filter(({ inputs }) => textsIn(inputs).some((text) => text.includes(MADE_UP_SECRET)));
    const elsewhere = graph
      .filter(({ type }) => type !== SECRET_VERSION)
      .filter(({ openInputs }) => textsIn(openInputs).some((text) => text.includes(MADE_UP_SECRET)));
    return [...open, ...elsewhere].map(({ name, type }) => `${name} (${type})`);
  },

  "only the worker may read a declared secret, and gets it from there": (graph, _, registry) =>
    secretsOf(registry).flatMap(({ variable, grant }) => {
      const grants = ofType(graph, ON_SECRET).filter(({ name }) => name === grant);
      const readers = grants.map(({ inputs }) => textOf(inputs["member"]));
      const holders = ofType(graph, SERVICE).filter(({ inputs }) => textsIn(inputs).includes(variable));
      const plain = holders.filter((service) => variablesOf(service).has(variable));
      const names = holders.map((service) => service.name).join();
      const isRight = readers.join() === `serviceAccount:${emailOf("worker", graph)}` && names === "worker";
      return isRight && plain.length === 0 ? [] : [variable, ...readers, names];
    }),

  "only declared secrets exist": (graph, _, registry) => {
    const declared = new Set(secretsOf(registry).flatMap(({ name, grant }) => [name, grant]));
    return ofType(graph, SECRET, SECRET_VERSION, ON_SECRET)
      .map(({ name }) => name)
      .filter((name) => !declared.has(name) && !name.startsWith(GIVEN_SECRET));
  },

  "no local-only variable is set": (graph, _, { settings }) => {
    const localOnly = [...settings].filter(([, declared]) => declared.localOnly).map(([name]) => name);
    const forbidden = new Set([...NEVER_IN_THE_CLOUD, ...localOnly]);
    return ofType(graph, SERVICE).flatMap((service) =>
      textsIn(service.inputs)
        .filter((text) => forbidden.has(text))
        .map((text) => `${service.name}: ${text}`),
    );
  },

  "the queues are the registered ones": (graph, _, { queues }) => {
    const prefix = textOf(the(graph, SERVICE, "worker").inputs["name"]).replace(/-worker$/, "");
    const shards = expectedQueues(queues);
    const missing = shards.flatMap(({ key, ...expected }) => {
      const queue = ofType(graph, QUEUE).find(({ name }) => name === `${prefix}-${key}`);
      const found = {
        rateLimits: sorted(queue?.inputs["rateLimits"]),
        retryConfig: sorted(queue?.inputs["retryConfig"]),
      };
      return JSON.stringify(found) === JSON.stringify(expected) ? [] : [`${key}: ${JSON.stringify(found)}`];
    });
    const count = ofType(graph, QUEUE).length;
    return count === shards.length ? missing : [...missing, `there are ${count} queues`];
  },

  "each service knows the name of each queue": (graph, _, { queues }) =>
    ["worker", "producer"].flatMap((service) => {
      const told = variablesOf(the(graph, SERVICE, service)).get("QUEUES") ?? "{}";
      const named = new Map(Object.entries(z.record(z.string(), z.array(z.string())).parse(JSON.parse(told))));
      const isNamed = (key: string): boolean => named.get(key)?.[0]?.includes(`-${key}-`) ?? false;
      const wrong = [...queues.keys()].filter((key) => !isNamed(key) || named.size !== queues.size);
      return wrong.map((key) => `${service}: ${key}`);
    }),

  "queues are named by Pulumi": (graph) =>
    ofType(graph, QUEUE)
      .filter(({ inputs }) => inputs["name"] !== undefined)
      .map(({ name }) => name),

  "the worker's instances outlast every dispatch": (graph, _, { queues }) => {
    const timeout = Number.parseInt(textOf(at(the(graph, SERVICE, "worker").inputs, "template.timeout")), 10) * 1_000;
    return [...queues].filter(([, { dispatchDeadlineMs }]) => dispatchDeadlineMs > timeout).map(([key]) => key);
  },

  "no single field is indexed, and records and dead letters expire, but no entry of the outbox": (graph) => {
    const fields = new Set(
      ofType(graph, FIELD).map(({ inputs }) => {
        const kept = inputs["ttlConfig"] ? "ttl" : "kept";
        return `${textOf(inputs["collection"])} ${textOf(inputs["field"])} ${kept} ${textOf(inputs["indexConfig"])}`;
      }),
    );
    const expected = [
      "taskOutbox * kept {}",
      ...["taskRecords", "deadLetters"].flatMap((name) => [`${name} * kept {}`, `${name} expireAt ttl {}`]),
    ];
    const missing = expected.filter((field) => !fields.has(field));
    return [...missing, ...[...fields].filter((field) => !expected.includes(field))];
  },

  "everything waits for the project's APIs": (graph) => {
    const google = the(graph, "pulumi:providers:gcp", "google");
    const apis = ofType(graph, "gcp:projects/service:Service");
    const missed = apis
      .filter(({ urn }) => !google.dependencies.includes(urn))
      .map(({ name }) => `${name} is not waited for`);
    const strays = graph
      .filter(
        ({ type, provider }) =>
          type.startsWith("gcp:") && type !== "gcp:projects/service:Service" && provider !== google.urn,
      )
      .map(({ name }) => `${name} has another provider`);
    return [...missed, ...strays];
  },

  "every API in use is enabled, and stays enabled": (graph) => {
    const apis = ofType(graph, "gcp:projects/service:Service");
    const on = new Set(apis.map(({ inputs }) => textOf(inputs["service"])));
    const needed = new Set(
      graph.flatMap(({ type }) => API_OF_TYPE.find(([prefix]) => type.startsWith(prefix))?.[1] ?? []),
    );
    const off = [...needed].filter((api) => !on.has(api));
    return [...off, ...apis.filter(({ inputs }) => inputs["disableOnDestroy"] !== false).map(({ name }) => name)];
  },

  "a service waits for its grants": (graph, _, registry) =>
    [
      ["worker", "worker-records"],
      ...secretsOf(registry).map(({ grant }) => ["worker", grant]),
      ["producer", "producer-acts-as-invoker"],
    ].flatMap(([service, grant]) => {
      const { urn } = graph.find(({ name, type }) => name === grant && /Iam|IAM/.test(type)) ?? { urn: "none" };
      return the(graph, SERVICE, service ?? "").dependencies.includes(urn) ? [] : [`${service} before ${grant}`];
    }),

  "every alert is sent to every recipient": (graph) => {
    const channels = ofType(graph, CHANNEL).length;
    return ofType(graph, ALERT)
      .filter(({ inputs }) => channels === 0 || textsIn(inputs["notificationChannels"]).length !== channels)
      .map(({ name }) => name);
  },
};

const API_OF_TYPE = [
  ["gcp:artifactregistry/", "artifactregistry.googleapis.com"],
  ["gcp:compute/", "compute.googleapis.com"],
  ["gcp:cloudtasks/", "cloudtasks.googleapis.com"],
  ["gcp:firestore/", "firestore.googleapis.com"],
  ["gcp:iap/", "iap.googleapis.com"],
  ["gcp:eventarc/", "eventarc.googleapis.com"],
  ["gcp:cloudrunv2/", "run.googleapis.com"],
  ["gcp:secretmanager/", "secretmanager.googleapis.com"],
  ["gcp:serviceaccount/", "iam.googleapis.com"],
  ["gcp:billing/", "billingbudgets.googleapis.com"],
  ["gcp:projects/iAMMember", "cloudresourcemanager.googleapis.com"],
  ["gcp:cloudscheduler/", "cloudscheduler.googleapis.com"],
  ["gcp:monitoring/", "monitoring.googleapis.com"],
  ["gcp:logging/", "logging.googleapis.com"],
] as const;

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b)));
}
