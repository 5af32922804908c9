import * as pulumi from "@pulumi/pulumi";

/** Says of a key of the stack's configuration, such as `handoff:region`, whether it was set with --secret, in whole or in part. */
export type IsSecret = (key: string) => boolean;

/** What is wrong with a value that is set with --secret and would be a plain variable of a service. */
export const OPEN_SECRET = "is set with --secret, but whoever may look up the service could read it.";

/**
 * Finds out which keys of the stack's configuration are secret. Pulumi's SDK knows that and doesn't declare the function
 * (`isConfigSecret` in https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/config.ts).
 *
 * @throws Error if the SDK doesn't have the function any more.
 */
export function secretKeys(): IsSecret {
  const isConfigSecret: unknown = Reflect.get(pulumi.runtime, "isConfigSecret");
  if (typeof isConfigSecret !== "function") throw new Error("Pulumi's SDK no longer says which settings are secret.");
  return (key) => Boolean(isConfigSecret(key));
}
