import * as z from "zod";
import { invokerCheckVariable } from "../../../shared/auth/auth-mode.ts";
import { senderIdentity } from "../../../shared/auth/cloud-run-identity.ts";
import { GOOGLE_CERTS_URL, IAP_KEYS_URL } from "../../../shared/auth/fetch-key-set.ts";
import { personIdentity } from "../../../shared/auth/iap-identity.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { ConfigError } from "../../../shared/runtime/config-error.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { type Identify, identifyLocally } from "./identify.ts";

/** The audience of IAP's assertions in front of a Cloud Run service. */
const IAP_AUDIENCE_FORM = /^\/projects\/\d+\/locations\/[a-z0-9-]+\/services\/[a-z0-9-]+$/;

/** The variables that say how visitors are identified. */
export const identityVariables = {
  /** The proof to use, whatever a request carries. `local` doesn't distinguish visitors. There is no default. */
  CONSOLE_IDENTITY: z.enum(["iap", "cloud-run", "local"]).optional(),
  IAP_AUDIENCE: z
    .string()
    .regex(IAP_AUDIENCE_FORM, "must be /projects/NUMBER/locations/REGION/services/NAME, with the project's number")
    .optional(),
  IAP_KEYS_URL: z.url().default(IAP_KEYS_URL),
  CONSOLE_AUDIENCE: z.string().min(1).optional(),
  CONSOLE_URL: z.url({ protocol: /^https$/, error: "must be an https URL" }).optional(),
  /** As for the producer, except `local`, which CONSOLE_IDENTITY sets here. */
  AUTH_MODE: z.enum(["auto", "verify", "platform"]).default("auto"),
  INVOKER_CHECK: invokerCheckVariable,
  OIDC_CERTS_URL: z.url().default(GOOGLE_CERTS_URL),
};

type IdentityConfig = z.output<z.ZodObject<typeof identityVariables>> & { readonly K_SERVICE?: string | undefined };
/** The variables that a kind of proof can't work without. */
type Needed = "IAP_AUDIENCE" | "CONSOLE_AUDIENCE" | "CONSOLE_URL";

/**
 * Makes the function that identifies visitors, as configured.
 *
 * @throws ConfigError if CONSOLE_IDENTITY or a variable that it needs is missing, or if it is `local` on Cloud Run.
 */
export function identityOf(config: IdentityConfig, on: { readonly clock: Clock; readonly log: Logger }): Identify {
  switch (config.CONSOLE_IDENTITY) {
    case "iap":
      return identifyByIap(config, on);
    case "cloud-run":
      return identifyByCloudRun(config, on);
    case "local":
      return identifyLocallyIfAllowed(config);
    case undefined:
      throw new ConfigError(
        "CONSOLE_IDENTITY: is not set. It says how people are identified: iap behind Identity-Aware Proxy, cloud-run where " +
          "gcloud run services proxy leads to the console. On your own machine, set local, which identifies nobody.",
      );
  }
}

function identifyByIap(config: IdentityConfig, on: { readonly clock: Clock; readonly log: Logger }): Identify {
  const { IAP_AUDIENCE: audience = missing(config, ["IAP_AUDIENCE"]), IAP_KEYS_URL: keysUrl } = config;
  const identity = personIdentity({ audience, keysUrl, ...on });
  return async (headers) => {
    const person = await identity(headers);
    return person.kind === "identified" ? person : { ...person, proof: "iap" };
  };
}

function identifyByCloudRun(config: IdentityConfig, on: { readonly clock: Clock; readonly log: Logger }): Identify {
  const { CONSOLE_AUDIENCE: audience, CONSOLE_URL: url } = config;
  if (audience === undefined || url === undefined) return missing(config, ["CONSOLE_AUDIENCE", "CONSOLE_URL"]);
  const identity = senderIdentity(config, { audience, url }, on);
  return async (headers) => {
    const sender = await identity(headers);
    return sender.kind === "identified" ? sender : { ...sender, proof: "cloud-run" };
  };
}

function identifyLocallyIfAllowed({ K_SERVICE, IAP_AUDIENCE, CONSOLE_AUDIENCE }: IdentityConfig): Identify {
  if (!K_SERVICE && IAP_AUDIENCE === undefined && CONSOLE_AUDIENCE === undefined) return identifyLocally;
  throw new ConfigError(
    "CONSOLE_IDENTITY=local: identifies nobody, so it is not allowed on Cloud Run, where K_SERVICE is set, or together " +
      "with IAP_AUDIENCE or CONSOLE_AUDIENCE.",
  );
}

function missing(config: IdentityConfig, needed: readonly Needed[]): never {
  const lines = needed.filter((name) => config[name] === undefined).map((name) => `  - ${name}: is not set.\n`);
  throw new ConfigError(
    `The configuration is invalid:\n${lines.join("")}Without them CONSOLE_IDENTITY=${config.CONSOLE_IDENTITY} can't identify ` +
      "people. On your own machine, set CONSOLE_IDENTITY=local, which identifies nobody.",
  );
}
