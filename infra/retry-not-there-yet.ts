import * as pulumi from "@pulumi/pulumi";

const WAIT_MS = 15_000;
/** Retries of a failed creation: about three minutes' worth. */
const RETRIES = 12;
/** It can take ten minutes before an alert may use a new log-based metric; Google's own error says so. */
const RETRIES_OF_METRICS = 44;

/** The errors that Google Cloud returns while a new resource is still propagating, and how often to retry each. */
const NOT_THERE_YET: readonly (readonly [RegExp, number])[] = [
  [/has not been used in project .+ before or it is disabled/i, RETRIES],
  [/SERVICE_DISABLED/, RETRIES],
  [/service account .+ does not exist/i, RETRIES],
  [/Permission .+ denied on service account/i, RETRIES],
  [/Permission denied on secret/i, RETRIES],
  [/must have permission to read the image/i, RETRIES],
  [/does not have permission to get access tokens/i, RETRIES],
  [/The caller does not have permission.+iam\.serviceAccounts\.actAs/i, RETRIES],
  [/Cannot find metric\(?s?\)? that match/i, RETRIES_OF_METRICS],
];

/**
 * Retries creating a Google Cloud resource while something it depends on is still propagating. Errors that waiting
 * can't fix fail at once.
 *
 * @param options.waitMs milliseconds between attempts; default 15 s.
 */
export function retryNotThereYet({ waitMs = WAIT_MS }: { waitMs?: number } = {}): void {
  const hook = new pulumi.ErrorHook("not-there-yet", async ({ failedOperation, errors }) => {
    if (failedOperation !== "create" || errors.length > retriesOf(errors[0] ?? "")) return false;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return true;
  });
  // Set by a transform, since a component's children don't inherit its hooks.
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) => {
    if (!type.startsWith("gcp:")) return undefined;
    return { props, opts: pulumi.mergeOptions(opts, { hooks: { onError: [hook] } }) };
  });
}

/** How often to retry a creation that failed with this error; 0 if waiting can't help. */
export function retriesOf(error: string): number {
  return NOT_THERE_YET.find(([pattern]) => pattern.test(error))?.[1] ?? 0;
}
