import * as z from "zod";
import { ConfigError } from "../runtime/config-error.ts";
import type { AuthMode } from "./check-token.ts";

/** Infra's statement that Cloud Run checks every caller's token before it passes a request on. */
export const invokerCheckVariable = z.literal("on").optional();

interface AuthVariables {
  readonly AUTH_MODE: AuthMode;
  readonly INVOKER_CHECK?: z.output<typeof invokerCheckVariable>;
  /** Set by Cloud Run. */
  readonly K_SERVICE?: string | undefined;
}

/** Whether Cloud Run checks every caller's token: on Cloud Run, if infra says so. */
export function isCheckedByCloudRun({ K_SERVICE, INVOKER_CHECK }: Omit<AuthVariables, "AUTH_MODE">): boolean {
  return Boolean(K_SERVICE) && INVOKER_CHECK === "on";
}

/**
 * The configured mode. A removed signature only proves something where Cloud Run has checked it, so anywhere else
 * `auto` means `verify`.
 *
 * @throws ConfigError for `platform` elsewhere, since nobody would have checked the signature.
 */
export function authModeOf(config: AuthVariables): AuthMode {
  if (isCheckedByCloudRun(config)) return config.AUTH_MODE;
  if (config.AUTH_MODE !== "platform") return "verify";
  throw new ConfigError(
    "AUTH_MODE=platform: only allowed on Cloud Run, where K_SERVICE is set, and with INVOKER_CHECK=on, which infra sets " +
      "when Cloud Run checks every caller's token.",
  );
}
