import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "./accounts.ts";
import type { Queues } from "./queues.ts";
import type { RecordStore } from "./record-store.ts";
import type { Settings } from "./settings/settings.ts";

type Variables = Readonly<Record<string, pulumi.Input<string>>>;

/** Google Cloud's endpoint for spans over OTLP (https://cloud.google.com/trace/docs/migrate-to-otlp-endpoints). */
const TRACES_ENDPOINT = "https://telemetry.googleapis.com";

/** Each service's environment variables, which it validates on startup. Cloud Run itself sets PORT and K_SERVICE. */
export function environmentOf(parts: {
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly queues: Queues;
  readonly records: RecordStore;
  /** The audience of the tokens that deliveries carry. */
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
      // True by construction: Cloud Run's check stays on, and only the invoker is granted run.invoker.
      INVOKER_CHECK: "on",
      DEAD_LETTER_RETENTION_DAYS: String(settings.deadLetterRetentionDays),
      ...Object.fromEntries(settings.taskSettings.variables),
    },
    producer: (workerUrl) => ({ ...shared, GOOGLE_CLOUD_LOCATION: settings.region, WORKER_URL: workerUrl }),
  };
}

/** Each value is a list, since a queue may have several names. */
function namesByKey({ names }: Queues): Readonly<Record<string, pulumi.Output<string>[]>> {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, [name]]));
}

function traceVariables(sampleRatio: number): Variables {
  if (sampleRatio === 0) return {};
  return { OTEL_EXPORTER_OTLP_ENDPOINT: TRACES_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: String(sampleRatio) };
}
