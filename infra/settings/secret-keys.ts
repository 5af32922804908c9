import * as pulumi from "@pulumi/pulumi";
import { type GivenSettings, type IsSecret, configKeyOf } from "./task-settings.ts";

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

/** Warns of each secret that was set without --secret, since the stack's file holds it in plain text. */
export function warnOfPlainSecrets({ secrets }: GivenSettings, isSecret: IsSecret): void {
  for (const name of secrets.keys()) {
    const key = `handoff:${configKeyOf(name)}`;
    if (isSecret(key)) continue;
    void pulumi.log.warn(
      `${key} is a secret, but was set without --secret, so the stack's file holds it in plain text. Set it with: ` +
        `pulumi config set --secret ${key} … If others have seen the file, use a new value.`,
    );
  }
}
