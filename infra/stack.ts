import * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { Registry } from "../shared/contract/registry.ts";
import { prefixedCollections } from "../shared/records/collections.ts";
import { WORKER_REQUEST_TIMEOUT_MS } from "../shared/contract/time-budget.ts";
import { Accounts } from "./accounts.ts";
import { Console, consoleName } from "./services/console.ts";
import { PRODUCER_CONCURRENCY, refuseBrokenBudgets } from "./settings/budgets.ts";
import { Grants } from "./grants.ts";
import { Images } from "./images.ts";
import { canariesOf } from "./monitoring/alerts/canaries.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { Outbox } from "./outbox.ts";
import { ProjectApis } from "./project-apis.ts";
import { ProjectWatch } from "./monitoring/project-watch.ts";
import { Queues } from "./queues.ts";
import { RecordStore } from "./record-store.ts";
import { retryNotThereYet } from "./retry-not-there-yet.ts";
import { RunService } from "./services/run-service.ts";
import { requireDeclaredShardChange, shardsAnnotation } from "./rollout/queue-shards.ts";
import { settleGrants } from "./rollout/settle-grants.ts";
import { callerMembers } from "./settings/access-settings.ts";
import { databaseIdOf } from "./settings/database-settings.ts";
import { refuseUnknownRegion } from "./settings/known-region.ts";
import { environmentOf, environmentOfConsole } from "./services/service-environment.ts";
import { ServiceLogs } from "./monitoring/service-logs.ts";
import { fullNameOf, referenceTo } from "./settings/worker-settings.ts";
import { secretKeys, warnOfPlainSecrets } from "./settings/secret-keys.ts";
import { type Settings, parseSettings } from "./settings/settings.ts";
import { provisionWorkerEgress } from "./services/static-egress.ts";
import { TaskSecrets } from "./task-secrets.ts";

const PRODUCER_REQUEST_TIMEOUT_MS = 60_000;

/**
 * Declares the whole stack for a registry's task types and queues, from the stack's configuration.
 *
 * @param retries how to retry what isn't there yet.
 * @returns the stack's outputs.
 * @throws SettingsError and BudgetError before any resource is declared; RegionError and ShardsError before any of the
 *   queues is.
 */
export async function provision(registry: Registry, retries: Parameters<typeof retryNotThereYet>[0] = {}) {
  // Older versions don't retry a resource that isn't ready yet, or create it twice.
  await pulumi.requirePulumiVersion(">=3.270.0");

  const isSecret = secretKeys();
  const settings = parseSettings(pulumi.runtime.allConfig(), registry, isSecret);
  warnOfPlainSecrets(settings.taskSettings, isSecret);
  refuseBrokenBudgets({ registry, settings });
  retryNotThereYet(retries);
  settleGrants({ settleMs: settings.grantSettleSeconds * 1_000 });

  const provider = providerBehindApis(settings);
  const options = { providers: [provider] };
  await refuseUnknownRegion(settings, { provider });
  const deployedWorker = { name: workerName(settings), location: settings.region };
  await requireDeclaredShardChange(registry.queues, deployedWorker, { provider });
  const state = provisionState(registry, settings, options);
  const { worker, producer, consoleUrl, images, workerAddress } = provisionServices({
    ...state,
    registry,
    settings,
    options,
  });
  watch(state, { registry, settings, options });
  return {
    producerUrl: producer.url,
    workerUrl: worker.url,
    // Pulumi warns of an output without a value, each time.
    ...(workerAddress ? { workerAddress } : {}),
    ...(consoleUrl ? { consoleUrl } : {}),
    queueNames: state.queues.names,
    database: state.records.databaseId,
    databaseLocation: state.records.location,
    invoker: state.accounts.invoker.email,
    images,
  };
}

interface Options {
  readonly providers: gcp.Provider[];
}

/** Two providers: one enables the APIs, and everything else waits for the APIs by depending on the other. */
function providerBehindApis(settings: Settings): gcp.Provider {
  const { project, region, traceSampleRatio, console: reachedBy, monthlyBudget, workerEgress } = settings;
  const enabler = new gcp.Provider("enabler", { project, region });
  const apis = new ProjectApis(
    "apis",
    {
      traces: traceSampleRatio > 0,
      iap: reachedBy === "iap",
      budget: monthlyBudget !== undefined,
      network: workerEgress === "static-ip",
    },
    { providers: [enabler] },
  );
  return new gcp.Provider(
    "google",
    { project, region, defaultLabels: { app: "handoff", stack: asLabel(pulumi.getStack()) } },
    { dependsOn: [...apis.services] },
  );
}

/** Everything that outlives a deployment of the services, and the grants on it. */
function provisionState(registry: Registry, settings: Settings, options: Options) {
  const { project, prefix, protect, region } = settings;
  const accounts = new Accounts("accounts", { prefix, hasConsole: settings.console !== "off" }, options);
  const queues = new Queues("queues", { prefix, region, protect, queues: registry.queues }, options);
  const records = new RecordStore("records", settings, options);
  const secrets = new TaskSecrets(
    // The logical name in existing stacks.
    "signing-secret",
    { prefix, protect, declared: registry.settings, given: settings.taskSettings.secrets },
    options,
  );
  const traces = settings.traceSampleRatio > 0;
  const givenSecrets = [...new Set([...settings.workerSecrets.values()].map(fullNameOf))];
  const guarded = { project, prefix, accounts, queues, records, secrets, givenSecrets, traces };
  const grants = new Grants("grants", guarded, options);
  return { accounts, queues, records, secrets, grants };
}

type Services = ReturnType<typeof provisionState> & {
  readonly registry: Registry;
  readonly settings: Settings;
  readonly options: Options;
};

/** The services, and the parts that call the producer. */
function provisionServices(parts: Services) {
  const { registry, settings, options, accounts, grants, secrets } = parts;
  const { project, region, prefix, protect } = settings;
  const images = new Images("images", settings, options);
  // Constants, so that a service can know its audience before it has a URL.
  const audiences = {
    worker: `https://${prefix}-worker.${project}.internal`,
    producer: `https://${prefix}-producer.${project}.internal`,
    console: `https://${prefix}-console.${project}.internal`,
  };
  const projectNumber = numberOf(settings, options);
  const urls = urlsOf(settings, projectNumber);
  const environment = environmentOf({ ...parts, audiences, urls });
  const wayOut = provisionWorkerEgress(settings, options);
  const worker = new RunService(
    "worker",
    {
      serviceName: workerName(settings),
      region,
      protect,
      image: images.of("worker"),
      account: accounts.worker,
      callers: { invoker: accounts.invoker.member },
      ingress: "internal",
      customAudiences: [audiences.worker],
      minInstances: settings.workerMinInstances,
      maxInstances: settings.workerMaxInstances,
      concurrency: settings.workerConcurrency,
      cpus: settings.workerCpus,
      memoryMib: settings.workerMemoryMib,
      requestTimeoutMs: WORKER_REQUEST_TIMEOUT_MS,
      env: environment.worker,
      secretEnv: secrets.byVariable,
      givenSecrets: new Map([...settings.workerSecrets].map(([name, it]) => [name, referenceTo(it, project)])),
      egress: wayOut.egress,
      annotations: shardsAnnotation(registry.queues),
    },
    { ...options, dependsOn: [...grants.ofWorker] },
  );
  const producer = new RunService(
    "producer",
    {
      serviceName: `${prefix}-producer`,
      region,
      protect,
      image: images.of("producer"),
      account: accounts.producer,
      callers: {
        ...Object.fromEntries(callerMembers(settings).map((member) => [member, member])),
        ...(accounts.console ? { console: accounts.console.member } : {}),
      },
      ingress: settings.producerIngress,
      customAudiences: [audiences.producer],
      minInstances: settings.producerMinInstances,
      maxInstances: settings.producerMaxInstances,
      concurrency: PRODUCER_CONCURRENCY,
      cpus: settings.producerCpus,
      memoryMib: settings.producerMemoryMib,
      requestTimeoutMs: PRODUCER_REQUEST_TIMEOUT_MS,
      env: environment.producer(worker.url),
    },
    { ...options, dependsOn: [...grants.ofProducer] },
  );
  const called = { project, prefix, region, audience: audiences.producer };
  const outbox = new Outbox("outbox", { ...called, accounts, producer, database: databaseOf(parts) }, options);
  const consoleUrl = provisionConsole({ ...parts, images, audiences, urls, projectNumber, producer, outbox });
  return { worker, producer, consoleUrl, images: images.deployed, workerAddress: wayOut.address };
}

type ConsoleParts = Pick<Services, "settings" | "accounts" | "options"> & {
  readonly images: Images;
  readonly audiences: Parameters<typeof environmentOfConsole>[0]["audiences"];
  readonly urls: ReturnType<typeof urlsOf>;
  readonly projectNumber: pulumi.Output<string>;
  readonly producer: RunService;
  readonly outbox: Outbox;
};

/**
 * The console, if there is one. It is deployed last: if it fails, the other services and their callers already work.
 */
function provisionConsole(parts: ConsoleParts): pulumi.Output<string> | undefined {
  const { settings, accounts, options, images, audiences, urls, projectNumber, producer, outbox } = parts;
  if (settings.console === "off" || accounts.console === null) return undefined;
  const identity = settings.console;
  const workingProducer = producer.url.apply(() => urls.producer);
  const env = environmentOfConsole({
    settings,
    identity,
    projectNumber,
    audiences,
    urls: { producer: workingProducer, console: urls.console },
  });
  const account = accounts.console;
  const image = images.of("console");
  const { url } = new Console(
    "console",
    { settings, identity, projectNumber, image, account, env, audience: audiences.console },
    { ...options, dependsOn: [outbox] },
  );
  return url;
}

function workerName({ prefix }: Pick<Settings, "prefix">): string {
  return `${prefix}-worker`;
}

/** The services whose logs are ours. */
function serviceNames(settings: Settings): string[] {
  const names = [`${settings.prefix}-producer`, workerName(settings)];
  return settings.console === "off" ? names : [...names, consoleName(settings)];
}

/** The location of the outbox's entries. */
function databaseOf({ records, settings }: Pick<Services, "records" | "settings">) {
  const { taskOutbox: collection } = prefixedCollections(settings.collectionPrefix ?? "");
  return { id: records.databaseId, location: records.location, collection };
}

function numberOf({ project }: Settings, { providers }: Options): pulumi.Output<string> {
  const [provider] = providers;
  return gcp.organizations.getProjectOutput({ projectId: project }, provider ? { provider } : {}).number;
}

/**
 * The services' addresses with the project number, which are known before the services exist
 * (https://cloud.google.com/run/docs/triggering/https-request#deterministic).
 */
function urlsOf({ region, prefix }: Settings, projectNumber: pulumi.Output<string>) {
  const urlOf = (service: string) =>
    pulumi.interpolate`https://${prefix}-${service}-${projectNumber}.${region}.run.app`;
  return { worker: urlOf("worker"), producer: urlOf("producer"), console: urlOf("console") };
}

function watch(
  { queues, accounts }: Pick<Services, "queues" | "accounts">,
  { registry, settings, options }: Pick<Services, "registry" | "settings" | "options">,
): void {
  const { prefix } = settings;
  const services = { producerService: `${prefix}-producer`, workerService: workerName(settings) };
  new ServiceLogs("service-logs", { ...settings, services: serviceNames(settings) }, options);
  const { mailChannels } = new Monitoring(
    "monitoring",
    {
      ...settings,
      ...services,
      queueNames: queues.all.map(({ queue }) => queue.name),
      databaseId: databaseIdOf(settings),
      canaries: canariesOf(registry.schedules, settings.schedulesOff),
    },
    options,
  );
  new ProjectWatch(
    "project",
    { ...settings, accounts, mailChannels, projectNumber: numberOf(settings, options) },
    options,
  );
}

/** A stack's name may contain characters that a label may not. */
function asLabel(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "-");
}
