import { expect } from "vitest";
import type { RecordedResource } from "../../../infra/preview/recorded-resource.ts";
import { type Graph, textsIn } from "./graph.ts";

type Change = Partial<
  Pick<RecordedResource, "type" | "name" | "inputs" | "openInputs" | "protect" | "dependencies" | "provider">
>;

/** The graph with a change to the resources of this type and name. */
export function changed(
  graph: Graph,
  [type, name]: readonly [string, RegExp],
  change: (it: RecordedResource) => Change,
): Graph {
  const isMeant = (it: RecordedResource): boolean => it.type.endsWith(`:${type}`) && name.test(it.name);
  expect(graph.some(isMeant)).toBe(true);
  return graph.map((it) => (isMeant(it) ? { ...it, ...change(it) } : it));
}

const inputs = (fields: RecordedResource["inputs"]) => (it: RecordedResource) => ({
  inputs: { ...it.inputs, ...fields },
});
const withMore = (fields: RecordedResource["inputs"]) => (it: RecordedResource) => ({
  inputs: { ...it.inputs, template: { containers: [{ envs: [fields] }] } },
});
const WORKER = ["Service", /^worker$/] as const;
const QUEUE = "gcp:cloudtasks/queue:Queue";
const SECRET_TEXT = "whsec_bWFkZS11cC1zZWNyZXQtb2YtdGhlLXByZXZpZXctMDA=";

type Break = readonly [string, readonly [string, RegExp], (it: RecordedResource) => Change, string];

const CONSOLE = ["Service", /^console$/] as const;
const ON_CONSOLE = ["WebCloudRunServiceIamMember", /-opens-console$/] as const;
const OF_AGENT = ["ServiceIamMember", /^iap-calls-console$/] as const;
const OF_CONSOLE = ["ServiceIamMember", /^console-calls-producer$/] as const;
const USES = "operators and viewers are all who may use the console, by Google's smallest roles";
const BEHIND = "behind Identity-Aware Proxy nobody but its agent may call the console; without it, no agent may";
const TOLD = "the console is told by infra who counts, and its one audience";
const CALLS = "the console calls the producer by the address and audience that the producer knows as its own";
const ITS_ACCOUNT = "the console's account may call the producer and do nothing else";

const CONSOLE_BREAKS: readonly Break[] = [
  [ITS_ACCOUNT, OF_CONSOLE, inputs({ name: "handoff-worker" }), "console-calls-producer"],
  [ITS_ACCOUNT, OF_CONSOLE, inputs({ member: "user:x@example.com" }), "may not call"],
  [
    ITS_ACCOUNT,
    ["IAMMember", /^producer-metrics$/],
    inputs({ member: "serviceAccount:handoff-console@my-project-123.iam.gserviceaccount.com" }),
    "producer-metrics",
  ],
  [BEHIND, OF_AGENT, inputs({ member: "user:on-call@example.com" }), "on-call"],
  [BEHIND, CONSOLE, inputs({ iapEnabled: false }), "gcp-sa-iap"],
  [USES, ON_CONSOLE, inputs({ member: "domain:example.com" }), "domain:example.com"],
  [USES, ON_CONSOLE, inputs({ role: "roles/iap.admin" }), "roles/iap.admin"],
  ["no other service may be looked up", OF_CONSOLE, inputs({ role: "roles/run.viewer" }), "console-calls-producer"],
  [TOLD, CONSOLE, withMore({ name: "IAP_AUDIENCE", value: "/projects/1/apps/a" }), "/projects/1/apps/a"],
  [TOLD, CONSOLE, withMore({ name: "CONSOLE_IDENTITY", value: "local" }), "local"],
  [TOLD, CONSOLE, inputs({ customAudiences: ["https://a"] }), "https://a"],
  [CALLS, CONSOLE, withMore({ name: "PRODUCER_URL", value: "https://another" }), "PRODUCER_URL"],
];

const READS = "a service reads a secret by a version's number, and may read it";
const reading = (secret: string, version: string) =>
  withMore({ name: "DSN", valueSource: { secretKeyRef: { secret, version } } });

const WORKER_BREAKS: readonly Break[] = [
  [READS, WORKER, reading("handoff-webhook-signing-secret", "latest"), "latest"],
  [READS, WORKER, reading("another", "1"), "secrets/another 1"],
  [
    "nobody may read a secret that it isn't given",
    ["SecretIamMember", /./],
    inputs({ secretId: "projects/my-project-123/secrets/another" }),
    "worker-signing-secret",
  ],
  [
    "a network of the stack's own takes all that the worker sends",
    ["IAMMember", /^worker-records$/],
    () => ({ type: "gcp:compute/network:Network" }),
    "nothing",
  ],
];

/** Changes that each break a policy: the policy, what is changed and how, and a word of what is said then. */
export const BREAKS: readonly Break[] = [
  ["nothing is public", ["ServiceIamMember", /-calls-producer$/], inputs({ member: "allUsers" }), "allUsers"],
  ["the check of callers is never turned off", WORKER, inputs({ invokerIamDisabled: true }), "worker"],
  ["only the needed grants exist", ["IAMMember", /^worker-records$/], inputs({ role: "roles/editor" }), "editor"],
  [
    "the invoker may call the worker and do nothing else",
    ["QueueIamMember", /^producer-queue-bulk$/],
    inputs({ member: "serviceAccount:handoff-invoker@my-project-123.iam.gserviceaccount.com" }),
    "2 grants",
  ],
  [
    "only the invoker may call the worker",
    ["ServiceIamMember", /^serviceAccount:shop.+-calls-producer$/],
    inputs({ name: "handoff-worker" }),
    "shop@",
  ],
  ["the worker can be reached only from inside", WORKER, inputs({ ingress: "INGRESS_TRAFFIC_ALL" }), "ALL"],
  ["the worker has one audience, and tasks carry it", WORKER, inputs({ customAudiences: ["https://a"] }), "differ"],
  [
    "the producer has one audience, is told it and its address, and the tick carries it",
    ["Job", /./],
    inputs({ httpTarget: { oidcToken: { audience: "https://a" } } }),
    "differ",
  ],
  [
    "each of Handoff's accounts has one role at the producer",
    ["Account", /-tick$/],
    (it) => ({ name: it.name.replace(/tick$/, "ticker") }),
    "ticker",
  ],
  [
    "only named callers, operators and viewers, the trigger, the tick and the console, may call the producer",
    ["ServiceIamMember", /^user:on-call.+-calls-producer$/],
    inputs({ member: "serviceAccount:handoff-worker@my-project-123.iam.gserviceaccount.com" }),
    "on-call@example.com",
  ],
  ["every service runs as its own account", WORKER, inputs({ template: { serviceAccount: "" } }), "worker"],
  [
    "access to records is granted on the one database",
    ["IAMMember", /^worker-records$/],
    inputs({ condition: {} }),
    "worker-records",
  ],
  ["state is protected in production, and only there", ["Queue", /bulk/], () => ({ protect: false }), "bulk"],
  ["a protected database outlives its stack", ["Database", /records/], inputs({ deletionPolicy: "DELETE" }), "DELETE"],
  [
    "a generated secret is stored only in its secret, and is marked",
    ["SecretVersion", /signing/],
    inputs({ secretData: SECRET_TEXT }),
    "SecretVersion",
  ],
  [
    "a generated secret is stored only in its secret, and is marked",
    WORKER,
    () => ({ openInputs: { env: SECRET_TEXT } }),
    "worker",
  ],
  [
    "only the worker may read a declared secret, and gets it from there",
    ["SecretIamMember", /./],
    inputs({ member: "serviceAccount:handoff-producer@my-project-123.iam.gserviceaccount.com" }),
    "producer",
  ],
  [
    "only the worker may read a declared secret, and gets it from there",
    WORKER,
    withMore({ name: "WEBHOOK_SIGNING_SECRET", value: "whsec_x" }),
    "worker",
  ],
  ["only declared secrets exist", ["Secret", /signing/], () => ({ name: "another-secret" }), "another-secret"],
  ["no local-only variable is set", WORKER, withMore({ name: "OIDC_CERTS_URL", value: "x" }), "OIDC"],
  ["the queues are the registered ones", ["Queue", /default/], inputs({ retryConfig: { maxAttempts: 5 } }), "default"],
  ["the queues are the registered ones", ["IAMMember", /^worker-records$/], () => ({ type: QUEUE }), "4 queues"],
  [
    "each service knows the name of each queue",
    WORKER,
    withMore({ name: "QUEUES", value: '{"default":["handoff-default-1"]}' }),
    "worker: bulk",
  ],
  ["queues are named by Pulumi", ["Queue", /bulk/], inputs({ name: "bulk" }), "bulk"],
  ["the worker's instances outlast every dispatch", WORKER, inputs({ template: { timeout: "60s" } }), "bulk"],
  [
    "no single field is indexed, and records and dead letters expire, but no entry of the outbox",
    ["Field", /^taskRecords-unindexed$/],
    inputs({ field: "state" }),
    "taskRecords *",
  ],
  [
    "no single field is indexed, and records and dead letters expire, but no entry of the outbox",
    ["Field", /^deadLetters-unindexed$/],
    inputs({ field: "payloadJson" }),
    "deadLetters *",
  ],
  [
    "no single field is indexed, and records and dead letters expire, but no entry of the outbox",
    ["Field", /^deadLetters-expiry$/],
    inputs({ collection: "taskOutbox" }),
    "taskOutbox expireAt ttl",
  ],
  [
    "new entries of the outbox, and each minute, reach the producer",
    ["Trigger", /^outbox$/],
    inputs({ location: "us-central1" }),
    "us-central1",
  ],
  [
    "new entries of the outbox, and each minute, reach the producer",
    ["Trigger", /^outbox$/],
    inputs({ matchingCriterias: [{ attribute: "document", operator: "match-path-pattern", value: "{any}/{entry}" }] }),
    "{any}",
  ],
  [
    "new entries of the outbox, and each minute, reach the producer",
    ["Job", /-tick$/],
    inputs({ schedule: "0 * * * *" }),
    "0 * * * *",
  ],
  ...(
    [
      [["QueueIamMember", /^producer-queue-bulk$/], inputs({ role: "roles/cloudtasks.queueAdmin" }), "another role"],
      [["QueueIamMember", /^producer-queue-bulk$/], inputs({ name: "handoff-default-1a2b3c4" }), "granted on"],
      [["QueueIamMember", /^producer-queue-bulk$/], inputs({ member: "user:x@example.com" }), "has the role, too"],
      [["QueueIamMember", /^worker-queue-bulk$/], inputs({ role: "roles/cloudtasks.viewer" }), "another role"],
      [["QueueIamMember", /^worker-queue-bulk$/], inputs({ member: "" }), "granted on"],
      [
        ["QueueIamMember", /^worker-queue-bulk$/],
        inputs({ role: "projects/my-project-123/roles/handoff_producer" }),
        "has the role, too",
      ],
      [["IAMCustomRole", /./], inputs({ permissions: ["cloudtasks.queues.delete"] }), "something else"],
      [
        ["IAMCustomRole", /^worker-queues$/],
        (it) => ({
          inputs: { ...it.inputs, permissions: [...textsIn(it.inputs["permissions"]), "cloudtasks.tasks.list"] },
        }),
        "worker-queues allows something else",
      ],
      [["IAMCustomRole", /./], inputs({ roleId: "handoff-producer" }), "something else"],
      [["IAMMember", /^producer-metrics$/], inputs({ member: "user:x@example.com" }), "metrics 0 times"],
    ] as readonly (readonly [Break[1], Break[2], string])[]
  ).map(([which, change, word]): Break => [
    "the producer and the worker each use every queue by one role of its own, and the producer reads the project's metrics",
    which,
    change,
    word,
  ]),
  [
    "the worker knows its own address",
    WORKER,
    withMore({ name: "WORKER_URL", value: "https://another" }),
    "https://another",
  ],
  ...CONSOLE_BREAKS,
  ...WORKER_BREAKS,
  ["everything waits for the project's APIs", ["Queue", /bulk/], () => ({ provider: "" }), "bulk"],
  ["everything waits for the project's APIs", ["gcp", /^google$/], () => ({ dependencies: [] }), "run.googleapis.com"],
  ["every API in use is enabled, and stays enabled", ["Service", /^run\./], inputs({ service: "x" }), "run.googleapis"],
  ["a service waits for its grants", WORKER, () => ({ dependencies: [] }), "worker-records"],
  [
    "every alert is sent to every recipient",
    ["AlertPolicy", /^alert-dead$/],
    inputs({ notificationChannels: [] }),
    "alert-dead",
  ],
  [
    "only the stack's own logs are kept elsewhere or dropped",
    ["ProjectExclusion", /./],
    inputs({ filter: 'log_id("run.googleapis.com/requests")' }),
    "log_id",
  ],
  [
    "only the stack's own logs are kept elsewhere or dropped",
    ["ProjectExclusion", /./],
    inputs({ filter: 'resource.type = "cloud_run_revision" AND resource.labels.service_name = ("shop")' }),
    "shop",
  ],
  [
    "only our own services' calls aren't audited",
    ["IAMAuditConfig", /^firestore/],
    inputs({ auditLogConfigs: [{ logType: "DATA_READ", exemptedMembers: ["user:me@example.com"] }] }),
    "me@example.com",
  ],
  [
    "images are built for Cloud Run's processors, and not in a preview",
    ["Image", /worker/],
    inputs({ platforms: ["linux/arm64"] }),
    "worker",
  ],
];
