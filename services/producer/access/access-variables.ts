import * as z from "zod";
import { DEFAULT_CALLER_REQUESTS_PER_SECOND, accessSchema } from "../../../shared/auth/access.ts";
import { invokerCheckVariable } from "../../../shared/auth/auth-mode.ts";
import { senderIdentity } from "../../../shared/auth/cloud-run-identity.ts";
import { GOOGLE_CERTS_URL } from "../../../shared/auth/fetch-key-set.ts";
import type { Clock } from "../../../shared/runtime/clock.ts";
import { ConfigError } from "../../../shared/runtime/config-error.ts";
import { jsonVariable } from "../../../shared/runtime/variables/json-variable.ts";
import { numberWithin } from "../../../shared/runtime/variables/number-within.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import type { Producer } from "../producer.ts";
import { createCallerRate } from "./caller-rate.ts";
import { identifyByToken, identifyLocally } from "./identify.ts";

/** The variables that say how callers are identified, and what each may do. */
export const accessVariables = {
  /** `local` identifies nobody: everybody is an operator. It is never the default. */
  AUTH_MODE: z.enum(["auto", "verify", "platform", "local"]).default("auto"),
  INVOKER_CHECK: invokerCheckVariable,
  /** The access lists. */
  ACCESS: jsonVariable(accessSchema).optional(),
  PRODUCER_AUDIENCE: z.string().min(1).optional(),
  PRODUCER_URL: z.url({ protocol: /^https$/, error: "must be an https URL" }).optional(),
  OIDC_CERTS_URL: z.url().default(GOOGLE_CERTS_URL),
  /** The limit for each caller, per instance. */
  CALLER_REQUESTS_PER_SECOND: numberWithin({ from: 1, to: 1_000_000 }).default(DEFAULT_CALLER_REQUESTS_PER_SECOND),
};

type AccessConfig = z.output<z.ZodObject<typeof accessVariables>> & { readonly K_SERVICE?: string | undefined };

/**
 * The producer's access control, as configured.
 *
 * @throws ConfigError if a variable that is needed to identify callers is missing, or if the mode is `local` on Cloud
 * Run or with access lists.
 */
export function accessOf(
  config: AccessConfig,
  on: { readonly clock: Clock; readonly log: Logger },
): Pick<Producer, "identify" | "callerRate"> {
  const { AUTH_MODE, ACCESS: lists, PRODUCER_AUDIENCE: audience, PRODUCER_URL: url, K_SERVICE } = config;
  if (AUTH_MODE === "local") {
    if (!K_SERVICE && !lists) return { identify: identifyLocally };
    throw new ConfigError(
      "AUTH_MODE=local: lets everybody do everything, so it is not allowed on Cloud Run, where K_SERVICE is set, or " +
        "together with ACCESS.",
    );
  }
  if (!lists || audience === undefined || url === undefined) throw new ConfigError(nameMissing(config));
  return {
    identify: identifyByToken({ sender: senderIdentity({ ...config, AUTH_MODE }, { audience, url }, on), lists }),
    callerRate: createCallerRate({ perSecond: config.CALLER_REQUESTS_PER_SECOND, clock: on.clock }),
  };
}

function nameMissing(config: AccessConfig): string {
  const names = (["ACCESS", "PRODUCER_AUDIENCE", "PRODUCER_URL"] as const).filter((name) => config[name] === undefined);
  return (
    `The configuration is invalid:\n${names.map((name) => `  - ${name}: is not set.\n`).join("")}` +
    "Without them callers can't be identified. On your own machine, set AUTH_MODE=local, which lets everybody do everything."
  );
}
