/**
 * How the provider's settings call each API, with the path that it expects there. Those with a version before the name go
 * through Google's own Go clients, which put it there by themselves.
 */
const ENDPOINTS: Readonly<Record<string, string>> = {
  ARTIFACT_REGISTRY: "artifacts/v1/",
  BILLING: "billing/v1/",
  CLOUD_RUN: "run/v1/",
  CLOUD_RUN_V2: "run/v2/",
  CLOUD_SCHEDULER: "scheduler/v1/",
  CLOUD_TASKS: "tasks/v2/",
  COMPUTE: "compute/compute/v1/",
  EVENTARC: "eventarc/v1/",
  FIRESTORE: "firestore/v1/",
  IAM_BETA: "iam/v1/",
  IAP: "iap/v1/",
  KMS: "kms/v1/",
  LOGGING: "logging/v2/",
  // Its paths bring their version.
  MONITORING: "monitoring/",
  RESOURCE_MANAGER: "crm/v1/",
  SECRET_MANAGER: "secrets/v1/",
  SERVICE_USAGE: "serviceusage/v1beta1/",
  STORAGE: "storage/storage/v1/",
};

/**
 * The environment in which the provider talks to a fake, and to nobody else: what has no custom endpoint goes through a
 * proxy that refuses it.
 */
export function endpointsAt(url: string): Record<string, string> {
  const endpoints = Object.entries(ENDPOINTS).map(([name, path]) => [
    `GOOGLE_${name}_CUSTOM_ENDPOINT`,
    `${url}/${path}`,
  ]);
  return {
    ...Object.fromEntries(endpoints),
    GOOGLE_OAUTH_ACCESS_TOKEN: "made-up-access-token",
    // Otherwise each provider asks Compute which regions there are.
    PULUMI_GCP_SKIP_REGION_VALIDATION: "true",
    // In capitals, as Go's programs read it: Node's gRPC would use a lower-case one for Pulumi's own connections.
    HTTPS_PROXY: url,
    NO_PROXY: "127.0.0.1,localhost",
  };
}
