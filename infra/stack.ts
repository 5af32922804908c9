import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Registry } from "../shared/contract/registry.ts";
import { WORKER_REQUEST_TIMEOUT_MS } from "../shared/contract/time-budget.ts";
import { Accounts } from "./accounts.ts";
import { PRODUCER_CONCURRENCY, refuseBrokenBudgets } from "./settings/budgets.ts";
import { Grants } from "./grants.ts";
import { Images } from "./images.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { ProjectApis } from "./project-apis.ts";
import { Queues } from "./queues.ts";
import { RecordStore } from "./record-store.ts";
import { retryNotThereYet } from "./retry-not-there-yet.ts";
import { RunService } from "./run-service.ts";
import { settleGrants } from "./rollout/settle-grants.ts";
import { Schedules } from "./schedules.ts";
import { environmentOf } from "./service-environment.ts";
import { type Settings, parseSettings } from "./settings/settings.ts";
import { TaskSecrets } from "./task-secrets.ts";

const PRODUCER_REQUEST_TIMEOUT_MS = 60_000;

/**
 * Declares the whole stack for a registry's task types and queues, using the stack's configuration.
 *
 * @returns the stack's outputs.
 * @throws SettingsError and BudgetError before any resource is declared.
 */
export async function provision(registry: Registry) {
  // Older versions don't retry a resource that isn't ready yet, or create it twice.
  await pulumi.requirePulumiVersion(">=3.270.0");

  const settings = parseSettings(pulumi.runtime.allConfig(), registry);
  refuseBrokenBudgets({ registry, settings });
  retryNotThereYet();
  settleGrants({ settleMs: settings.grantSettleSeconds * 1_000 });

  const options = { providers: [providerBehindApis(settings)] };
  const state = provisionState(registry, settings, options);
  const { worker, producer } = provisionServices({ ...state, settings, options });
  watch(state.queues, settings, options);
  return {
    producerUrl: producer.url,
    workerUrl: worker.url,
    queueNames: state.queues.names,
    database: state.records.database.name,
    invoker: state.accounts.invoker.email,
  };
}

interface Options {
  readonly providers: gcp.Provider[];
}

/** Two providers: one enables the APIs, and everything else waits for the APIs by depending on the other. */
function providerBehindApis({ project, region, schedules, traceSampleRatio }: Settings): gcp.Provider {
  const enabler = new gcp.Provider("enabler", { project, region });
  const wanted = { schedules: schedules.length > 0, traces: traceSampleRatio > 0 };
  const apis = new ProjectApis("apis", wanted, { providers: [enabler] });
  return new gcp.Provider(
    "google",
    { project, region, defaultLabels: { app: "handoff", stack: asLabel(pulumi.getStack()) } },
    { dependsOn: [...apis.services] },
  );
}

/** Everything that outlives a deployment of the services, and the grants on it. */
function provisionState(registry: Registry, settings: Settings, options: Options) {
  const { project, prefix, protect, region } = settings;
  const accounts = new Accounts("accounts", { prefix }, options);
  const queues = new Queues("queues", { prefix, region, protect, queues: registry.queues }, options);
  const records = new RecordStore("records", { ...settings, databaseId: prefix }, options);
  const secrets = new TaskSecrets(
    // The name that existing stacks know.
    "signing-secret",
    { prefix, protect, declared: registry.settings, given: settings.taskSettings.secrets },
    options,
  );
  const traces = settings.traceSampleRatio > 0;
  const grants = new Grants("grants", { project, accounts, queues, records, secrets, traces }, options);
  return { accounts, queues, records, secrets, grants };
}

/** The two services, and the schedules that call the producer. */
function provisionServices(
  parts: ReturnType<typeof provisionState> & { readonly settings: Settings; readonly options: Options },
): { readonly worker: RunService; readonly producer: RunService } {
  const { settings, options, accounts, grants, secrets } = parts;
  const { project, region, prefix, protect, schedules } = settings;
  const images = new Images("images", settings, options);
  // A constant, so that the worker can know its audience before it has a URL.
  const audience = `https://${prefix}-worker.${project}.internal`;
  const environment = environmentOf({ ...parts, audience });
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
      memoryMib: settings.workerMemoryMib,
      requestTimeoutMs: WORKER_REQUEST_TIMEOUT_MS,
      env: environment.worker,
      secretEnv: secrets.byVariable,
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
      memoryMib: settings.producerMemoryMib,
      requestTimeoutMs: PRODUCER_REQUEST_TIMEOUT_MS,
      env: environment.producer(worker.url),
    },
    { ...options, dependsOn: [...grants.ofProducer] },
  );
  if (schedules.length > 0) new Schedules("schedules", { prefix, region, schedules, producer }, options);
  return { worker, producer };
}

function watch(queues: Queues, { prefix, notificationEmails }: Settings, options: Options): void {
  new Monitoring(
    "monitoring",
    {
      prefix,
      notificationEmails,
      producerService: `${prefix}-producer`,
      workerService: `${prefix}-worker`,
      queueNames: Object.values(queues.names),
      databaseId: prefix,
    },
    options,
  );
}

/** A stack's name may contain characters that a label may not. */
function asLabel(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-");
}
