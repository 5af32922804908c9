import * as pulumi from "@pulumi/pulumi";

/** How often one creation is tried again. With the waits below that is about three minutes. */
const MOST_RETRIES = 12;
const WAIT_MS = 15_000;

/** What Google Cloud says while an API, an account or a grant that was just made is still on its way to everywhere. */
const NOT_THERE_YET = [
  /has not been used in project .+ before or it is disabled/i,
  /SERVICE_DISABLED/,
  /service account .+ does not exist/i,
  /Permission .+ denied on service account/i,
  /Permission denied on secret/i,
  /The caller does not have permission.+iam\.serviceAccounts\.actAs/i,
];

/**
 * Lets the creation of any Google Cloud resource be tried again while what it needs is still on its way. Errors that
 * waiting can't mend fail at once.
 *
 * @param options.waitMs milliseconds between attempts; default 15 s.
 */
export function retryNotThereYet({ waitMs = WAIT_MS }: { waitMs?: number } = {}): void {
  const hook = new pulumi.ErrorHook("not-there-yet", async ({ failedOperation, errors }) => {
    if (failedOperation !== "create" || errors.length > MOST_RETRIES || !meansNotThereYet(errors[0] ?? ""))
      return false;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return true;
  });
  // By a transform, since a component's children don't inherit its hooks.
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) => {
    if (!type.startsWith("gcp:")) return undefined;
    return { props, opts: pulumi.mergeOptions(opts, { hooks: { onError: [hook] } }) };
  });
}

/** Whether an error says that something that was just made isn't known everywhere yet. */
export function meansNotThereYet(error: string): boolean {
  return NOT_THERE_YET.some((pattern) => pattern.test(error));
}
