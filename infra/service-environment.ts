import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "./accounts.ts";
import type { Queues } from "./queues.ts";
import type { RecordStore } from "./record-store.ts";
import type { Settings } from "./settings/settings.ts";

type Variables = Readonly<Record<string, pulumi.Input<string>>>;

/** Where spans go by OpenTelemetry's protocol (https://cloud.google.com/trace/docs/migrate-to-otlp-endpoints). */
const TRACES_ENDPOINT = "https://telemetry.googleapis.com";

/** The variables of each service, which each checks when it starts. PORT and K_SERVICE are Cloud Run's own. */
export function environmentOf(parts: {
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly queues: Queues;
  readonly records: RecordStore;
  /** What a delivery's token is made for. */
  readonly audience: string;
}): { readonly worker: Variables; producer(workerUrl: pulumi.Output<string>): Variables } {
  const { settings, accounts, queues, records, audience } = parts;
  const shared: Variables = {
    GOOGLE_CLOUD_PROJECT: settings.project,
    FIRESTORE_DATABASE: records.database.name,
    QUEUES: pulumi.jsonStringify(namesByKey(queues)),
    WORKER_AUDIENCE: audience,
    INVOKER_SERVICE_ACCOUNT: accounts.invoker.email,
    LOG_LEVEL: settings.logLevel,
    ...traceVariables(settings.traceSampleRatio),
  };
  return {
    worker: {
      ...shared,
      AUTH_MODE: settings.authMode,
      // True by construction: the check is never turned off, and this program grants run.invoker to the invoker alone.
      INVOKER_CHECK: "on",
      DEAD_LETTER_RETENTION_DAYS: String(settings.deadLetterRetentionDays),
      ...Object.fromEntries(settings.taskSettings.variables),
    },
    producer: (workerUrl) => ({ ...shared, GOOGLE_CLOUD_LOCATION: settings.region, WORKER_URL: workerUrl }),
  };
}

/** A list for each queue, so that it may have more than one. */
function namesByKey({ names }: Queues): Readonly<Record<string, pulumi.Output<string>[]>> {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, [name]]));
}

function traceVariables(sampleRatio: number): Variables {
  if (sampleRatio === 0) return {};
  return { OTEL_EXPORTER_OTLP_ENDPOINT: TRACES_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: String(sampleRatio) };
}
