import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import { BUILT_IN_TASK_TYPES } from "../shared/contract/registry.ts";
import { QUEUES } from "../shared/contract/queues.ts";
import { WORKER_REQUEST_TIMEOUT_MS } from "../shared/contract/time-budget.ts";
import { Accounts } from "./accounts.ts";
import { refuseBrokenBudgets } from "./settings/budgets.ts";
import { Grants } from "./grants.ts";
import { Images } from "./images.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { ProjectApis } from "./project-apis.ts";
import { Queues } from "./queues.ts";
import { RecordStore } from "./record-store.ts";
import { retryNotThereYet } from "./retry-not-there-yet.ts";
import { RunService } from "./run-service.ts";
import { Schedules } from "./schedules.ts";
import { environmentOf } from "./service-environment.ts";
import { parseSettings } from "./settings/settings.ts";
import { SigningSecret } from "./signing-secret.ts";

const PRODUCER_CONCURRENCY = 80;
const PRODUCER_REQUEST_TIMEOUT_MS = 60_000;

// Older ones don't try again what isn't there yet, or make it twice.
await pulumi.requirePulumiVersion(">=3.270.0");

const settings = parseSettings(pulumi.runtime.allConfig());
refuseBrokenBudgets({ taskTypes: BUILT_IN_TASK_TYPES, queues: QUEUES, settings });
retryNotThereYet();

const { project, region, prefix, protect } = settings;
const traces = settings.traceSampleRatio > 0;

// Two providers, so that everything waits for the APIs by waiting for the second one.
const enabler = new gcp.Provider("enabler", { project, region });
const apis = new ProjectApis("apis", { schedules: settings.schedules.length > 0, traces }, { providers: [enabler] });
const google = new gcp.Provider(
  "google",
  { project, region, defaultLabels: { app: "handoff", stack: asLabel(pulumi.getStack()) } },
  { dependsOn: [...apis.services] },
);
const options = { providers: [google] };

const accounts = new Accounts("accounts", { prefix }, options);
const queues = new Queues("queues", settings, options);
const records = new RecordStore("records", { ...settings, databaseId: prefix }, options);
const signingSecret = new SigningSecret(
  "signing-secret",
  { ...settings, given: settings.webhookSigningSecret },
  options,
);
const grants = new Grants("grants", { project, accounts, queues, records, signingSecret, traces }, options);
const images = new Images("images", settings, options);

// A constant, so that the worker can be told its audience before it has an address.
const audience = `https://${prefix}-worker.${project}.internal`;
const environment = environmentOf({ settings, accounts, queues, records, audience });

const worker = new RunService(
  "worker",
  {
    serviceName: `${prefix}-worker`,
    region,
    protect,
    image: images.build("worker"),
    account: accounts.worker,
    callers: { invoker: accounts.invoker.member },
    ingress: "internal",
    customAudiences: [audience],
    minInstances: settings.workerMinInstances,
    maxInstances: settings.workerMaxInstances,
    concurrency: settings.workerConcurrency,
    requestTimeoutMs: WORKER_REQUEST_TIMEOUT_MS,
    env: environment.worker,
    secretEnv: { WEBHOOK_SIGNING_SECRET: signingSecret },
  },
  { ...options, dependsOn: [...grants.ofWorker] },
);

const producer = new RunService(
  "producer",
  {
    serviceName: `${prefix}-producer`,
    region,
    protect,
    image: images.build("producer"),
    account: accounts.producer,
    callers: Object.fromEntries(settings.callers.map((member) => [member, member])),
    ingress: settings.producerIngress,
    minInstances: settings.producerMinInstances,
    maxInstances: settings.producerMaxInstances,
    concurrency: PRODUCER_CONCURRENCY,
    requestTimeoutMs: PRODUCER_REQUEST_TIMEOUT_MS,
    env: environment.producer(worker.url),
  },
  { ...options, dependsOn: [...grants.ofProducer] },
);

if (settings.schedules.length > 0) {
  const { schedules } = settings;
  new Schedules("schedules", { prefix, region, schedules, producer }, options);
}

new Monitoring(
  "monitoring",
  {
    prefix,
    notificationEmails: settings.notificationEmails,
    producerService: `${prefix}-producer`,
    workerService: `${prefix}-worker`,
    queueNames: Object.values(queues.names),
    databaseId: prefix,
  },
  options,
);

export const producerUrl = producer.url;
export const workerUrl = worker.url;
export const queueNames = queues.names;
export const database = records.database.name;
export const invoker = accounts.invoker.email;

/** A stack's name may hold what a label may not. */
function asLabel(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-");
}
