import * as pulumi from "@pulumi/pulumi";

const SERVICE = "gcp:cloudrunv2/service:Service";
/** A service account, or a grant to one. */
const GRANT = /^gcp:serviceaccount\/account:Account$|:\w*I[aA][mM]Member$/;

/**
 * Makes a Cloud Run service wait until the grants that this update made before it are in effect. That typically takes
 * two minutes (https://cloud.google.com/iam/docs/access-change-propagation). A revision that starts earlier fails,
 * because it may not read its secret or its image. An update without new grants doesn't wait.
 *
 * Grants that a service doesn't depend on may be made at the same time; waiting for those too is harmless.
 *
 * @param options.settleMs milliseconds from the newest grant until services are created or updated.
 * @param options.sleep how to wait that many milliseconds.
 */
export function settleGrants({
  settleMs,
  sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}: {
  readonly settleMs: number;
  readonly sleep?: (ms: number) => Promise<void>;
}): void {
  let newestGrantMs = Number.NEGATIVE_INFINITY;
  const note = new pulumi.ResourceHook("note-grant", () => {
    newestGrantMs = performance.now();
  });
  const wait = new pulumi.ResourceHook("wait-for-grants", async ({ name }) => {
    const leftMs = newestGrantMs + settleMs - performance.now();
    if (leftMs <= 0) return;
    void pulumi.log.info(`${name}: waiting ${Math.ceil(leftMs / 1_000)} s until Google Cloud has applied its grants.`);
    await sleep(leftMs);
  });
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) => {
    if (GRANT.test(type)) return { props, opts: pulumi.mergeOptions(opts, { hooks: { afterCreate: [note] } }) };
    if (type !== SERVICE) return undefined;
    return { props, opts: pulumi.mergeOptions(opts, { hooks: { beforeCreate: [wait], beforeUpdate: [wait] } }) };
  });
}
