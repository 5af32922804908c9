import * as pulumi from "@pulumi/pulumi";

const WAIT_MS = 15_000;
/** Retries after a failed creation or update, for about three minutes. */
const RETRIES = 12;
/** It can take ten minutes until an alert can use a new log-based metric, as Google's own error says. */
const RETRIES_OF_METRICS = 44;
/** "A few minutes" after Eventarc is first enabled in a project, as Google's own error says. */
const RETRIES_OF_EVENTARC = 24;

/** The errors that Google Cloud returns while a new resource is still propagating, and how often to retry each. */
const NOT_THERE_YET: readonly (readonly [RegExp, number])[] = [
  [/has not been used in project .+ before or it is disabled/i, RETRIES],
  [/SERVICE_DISABLED/, RETRIES],
  [/service account .+ does not exist/i, RETRIES],
  [/Permission .+ denied on service account/i, RETRIES],
  // The wordings of Cloud Run, Cloud Scheduler and Cloud Tasks.
  [/The caller does not have permission.+iam\.serviceAccounts\.actAs/i, RETRIES],
  [/lacks IAM permission \W*iam\.serviceAccounts\.actAs/i, RETRIES],
  [/Permission denied while using the Eventarc Service Agent/i, RETRIES_OF_EVENTARC],
  [/Cannot find metric\(?s?\)? that match/i, RETRIES_OF_METRICS],
];

/**
 * The error is from an operation that had already begun, so the resource may exist. The provider's wording is "Error
 * creating X" if the call is refused, and "Error waiting to create X" afterwards.
 */
const HAD_BEGUN = /Error waiting (to create|for)/i;

/**
 * Whether creating a resource of a type may be retried. Pulumi keeps what a failed creation leaves behind, and retries
 * it as an update without changes. For that, the provider makes no call and reports success, whatever the resource's
 * state. So a retry is only safe if a failed creation leaves nothing ("refused whole"), or if creating the same again
 * changes nothing ("idempotent"). Types that aren't listed aren't retried.
 *
 * A failed update keeps the old state, and is repeated with the same difference. It would be safe for more types, but
 * isn't needed: a service already waits for its grants.
 */
export const RETRIES_BY_TYPE: ReadonlyMap<string, "refused whole" | "idempotent" | "may leave an object"> = new Map([
  ["gcp:artifactregistry/repository:Repository", "refused whole"],
  ["gcp:billing/budget:Budget", "refused whole"],
  ["gcp:cloudrunv2/service:Service", "may leave an object"],
  ["gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "idempotent"],
  ["gcp:cloudscheduler/job:Job", "refused whole"],
  ["gcp:cloudtasks/queue:Queue", "refused whole"],
  ["gcp:cloudtasks/queueIamMember:QueueIamMember", "idempotent"],
  ["gcp:eventarc/trigger:Trigger", "refused whole"],
  ["gcp:firestore/backupSchedule:BackupSchedule", "refused whole"],
  ["gcp:firestore/database:Database", "refused whole"],
  ["gcp:firestore/field:Field", "idempotent"],
  ["gcp:firestore/index:Index", "refused whole"],
  ["gcp:iap/webCloudRunServiceIamMember:WebCloudRunServiceIamMember", "idempotent"],
  ["gcp:logging/metric:Metric", "refused whole"],
  // Buckets are created with a PATCH or a POST, depending on whether they exist.
  ["gcp:logging/projectBucketConfig:ProjectBucketConfig", "idempotent"],
  ["gcp:logging/projectExclusion:ProjectExclusion", "refused whole"],
  ["gcp:logging/projectSink:ProjectSink", "refused whole"],
  ["gcp:monitoring/alertPolicy:AlertPolicy", "refused whole"],
  ["gcp:monitoring/customService:CustomService", "refused whole"],
  ["gcp:monitoring/dashboard:Dashboard", "refused whole"],
  ["gcp:monitoring/notificationChannel:NotificationChannel", "refused whole"],
  ["gcp:monitoring/slo:Slo", "refused whole"],
  ["gcp:projects/iAMAuditConfig:IAMAuditConfig", "idempotent"],
  ["gcp:projects/iAMCustomRole:IAMCustomRole", "refused whole"],
  ["gcp:projects/iAMMember:IAMMember", "idempotent"],
  ["gcp:projects/service:Service", "idempotent"],
  ["gcp:projects/serviceIdentity:ServiceIdentity", "idempotent"],
  ["gcp:secretmanager/secret:Secret", "refused whole"],
  ["gcp:secretmanager/secretIamMember:SecretIamMember", "idempotent"],
  // One call adds it and another enables it, which may fail on its own.
  ["gcp:secretmanager/secretVersion:SecretVersion", "may leave an object"],
  ["gcp:serviceaccount/account:Account", "idempotent"],
  ["gcp:serviceaccount/iAMMember:IAMMember", "idempotent"],
]);

/** The operations that are retried. A deletion waits for nothing. */
const RETRIED = new Set(["create", "update"]);

/**
 * Retries creating or updating a Google Cloud resource while something it depends on is still propagating. It fails at
 * once if waiting can't help, or if the resource may already exist.
 *
 * @param options.waitMs milliseconds between attempts; default 15 s.
 */
export function retryNotThereYet({ waitMs = WAIT_MS }: { waitMs?: number } = {}): void {
  const hook = new pulumi.ErrorHook("not-there-yet", async ({ failedOperation, errors }) => {
    if (!RETRIED.has(failedOperation) || errors.length > retriesOf(errors[0] ?? "")) return false;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return true;
  });
  // Set by a transform, since a component's children don't inherit its hooks.
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) => {
    const safety = RETRIES_BY_TYPE.get(type);
    if (safety === undefined || safety === "may leave an object") return undefined;
    return { props, opts: pulumi.mergeOptions(opts, { hooks: { onError: [hook] } }) };
  });
}

/** How often to retry after this error; 0 if waiting can't help, or if the resource may already exist. */
export function retriesOf(error: string): number {
  if (HAD_BEGUN.test(error)) return 0;
  return NOT_THERE_YET.find(([pattern]) => pattern.test(error))?.[1] ?? 0;
}
