import type * as gcp from "@pulumi/gcp";
import * as pulumi from "@pulumi/pulumi";
import type { GivenAccess, Role } from "../../shared/auth/access.ts";
import { deliveriesMetricOf } from "../../shared/monitoring/counted.ts";
import type { Accounts } from "../accounts.ts";
import type { Queues } from "../queues.ts";
import type { RecordStore } from "../record-store.ts";
import { iapAudienceOf } from "./console.ts";
import type { ConsoleIdentity } from "../settings/console-settings.ts";
import type { Settings } from "../settings/settings.ts";

type Variables = Readonly<Record<string, pulumi.Input<string>>>;

/** Google Cloud's endpoint for spans over OTLP (https://cloud.google.com/trace/docs/migrate-to-otlp-endpoints). */
const TRACES_ENDPOINT = "https://telemetry.googleapis.com";

/** Each service's environment variables, which it validates on startup. Cloud Run itself sets PORT and K_SERVICE. */
export function environmentOf(parts: {
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly queues: Queues;
  readonly records: RecordStore;
  /** The audiences of the tokens of deliveries and of callers. */
  readonly audiences: { readonly worker: string; readonly producer: string };
  /** The services' own addresses, which are known before the services exist. */
  readonly urls: { readonly worker: pulumi.Input<string>; readonly producer: pulumi.Input<string> };
}): { readonly worker: Variables; producer(workerUrl: pulumi.Output<string>): Variables } {
  const { settings, accounts, queues, records, audiences } = parts;
  const shared: Variables = {
    GOOGLE_CLOUD_PROJECT: settings.project,
    FIRESTORE_DATABASE: records.databaseId,
    ...(settings.collectionPrefix === undefined ? {} : { COLLECTION_PREFIX: settings.collectionPrefix }),
    QUEUES: pulumi.jsonStringify(queues.names),
    GOOGLE_CLOUD_LOCATION: settings.region,
    DEAD_LETTER_RETENTION_DAYS: String(settings.deadLetterRetentionDays),
    WORKER_AUDIENCE: audiences.worker,
    INVOKER_SERVICE_ACCOUNT: accounts.invoker.email,
    LOG_LEVEL: settings.logLevel,
    ...traceVariables(settings.traceSampleRatio),
  };
  return {
    worker: {
      ...shared,
      AUTH_MODE: settings.authMode,
      // Always true: Cloud Run's check stays on, and only the invoker is granted run.invoker.
      INVOKER_CHECK: "on",
      WORKER_URL: parts.urls.worker,
      ...Object.fromEntries(settings.taskSettings.variables),
      ...Object.fromEntries(settings.workerEnvironment),
    },
    producer: (workerUrl) => ({
      ...shared,
      // People's tokens arrive without a signature, most service accounts' with it.
      AUTH_MODE: "auto",
      // As above, but for the named callers.
      INVOKER_CHECK: "on",
      PRODUCER_AUDIENCE: audiences.producer,
      PRODUCER_URL: parts.urls.producer,
      ACCESS: accessOf(parts),
      CALLER_REQUESTS_PER_SECOND: String(settings.callerRequestsPerSecond),
      WORKER_URL: workerUrl,
      DELIVERIES_METRIC: deliveriesMetricOf(settings.prefix),
      ...(settings.outboxTypes === undefined ? {} : { OUTBOX_TYPES: JSON.stringify(settings.outboxTypes) }),
      ...(settings.schedulesOff.length === 0 ? {} : { SCHEDULES_OFF: JSON.stringify(settings.schedulesOff) }),
      ...(settings.callerKeysFrom === undefined ? {} : { CALLER_KEYS_FROM: settings.callerKeysFrom }),
    }),
  };
}

/** The console's environment. It gets everything else from the producer. */
export function environmentOfConsole({
  settings,
  identity,
  projectNumber,
  audiences,
  urls,
}: {
  readonly settings: Settings;
  readonly identity: ConsoleIdentity;
  readonly projectNumber: pulumi.Output<string>;
  readonly audiences: { readonly producer: string; readonly console: string };
  readonly urls: { readonly producer: pulumi.Input<string>; readonly console: pulumi.Input<string> };
}): Variables {
  return {
    GOOGLE_CLOUD_PROJECT: settings.project,
    LOG_LEVEL: settings.logLevel,
    PRODUCER_URL: urls.producer,
    PRODUCER_AUDIENCE: audiences.producer,
    CONSOLE_URL: urls.console,
    CONSOLE_IDENTITY: identity,
    ...(identity === "iap"
      ? { IAP_AUDIENCE: iapAudienceOf(settings, projectNumber) }
      : { CONSOLE_AUDIENCE: audiences.console }),
    // As for the producer. Behind Identity-Aware Proxy, Cloud Run accepts no other caller.
    AUTH_MODE: "auto",
    INVOKER_CHECK: "on",
  };
}

/** The access lists. Each of our own accounts has one role. */
function accessOf({
  settings,
  accounts: { producer, worker, invoker, trigger, tick, console },
}: {
  readonly settings: Settings;
  readonly accounts: Accounts;
}): pulumi.Output<string> {
  const own: readonly (readonly [gcp.serviceaccount.Account, Role])[] = [
    [producer, "none"],
    [worker, "relay"],
    [invoker, "none"],
    [trigger, "relay"],
    [tick, "relay"],
    ...(console ? ([[console, "console"]] as const) : []),
  ];
  const pairs = pulumi.all(own.map(([{ email }, role]) => email.apply((address) => [address, role] as const)));
  return pairs.apply((accounts) => {
    const access: GivenAccess = {
      accounts: Object.fromEntries(accounts),
      operators: settings.operators,
      viewers: settings.viewers,
      callerTypes: Object.fromEntries(settings.callerTypes),
    };
    return JSON.stringify(access);
  });
}

function traceVariables(sampleRatio: number): Variables {
  if (sampleRatio === 0) return {};
  return { OTEL_EXPORTER_OTLP_ENDPOINT: TRACES_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: String(sampleRatio) };
}
