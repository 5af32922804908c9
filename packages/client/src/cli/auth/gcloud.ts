import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isServiceAccount } from "../../../../../shared/auth/email.ts";
import type { TokenSource } from "../../tokens.ts";
import { RefusedError } from "../exit.ts";
import type { Surroundings } from "../surroundings.ts";
import { claimsOf } from "./token-claims.ts";

const run = promisify(execFile);

/** gcloud is a Python program, and may refresh its credentials first. */
const GCLOUD_TIMEOUT_MS = 60_000;
const REUSE_MS = 5 * 60_000;

/** The tokens that gcloud issues. */
export interface GcloudTokens {
  readonly tokens: TokenSource;
  /** Whether they are a person's, which every Cloud Run service accepts. */
  readonly isPersons: boolean;
}

/**
 * The tokens of the account that is logged in to gcloud. A service account's are issued for the audience.
 *
 * @throws RefusedError if gcloud is missing or nobody is logged in.
 */
export async function gcloudTokens(
  { audience }: { readonly audience: string },
  surroundings: Surroundings,
): Promise<GcloudTokens> {
  const first = await printToken([], surroundings);
  const { email } = claimsOf(first);
  const isPersons = email === undefined || !isServiceAccount(email);
  const asked = isPersons ? [] : [`--audiences=${audience}`];
  return { isPersons, tokens: reused(() => printToken(asked, surroundings), isPersons ? first : undefined) };
}

/** Runs `gcloud auth print-identity-token` and returns the token. */
export async function printToken(asked: readonly string[], { env, signal }: Surroundings): Promise<string> {
  const options = { env: { ...env }, signal, timeout: GCLOUD_TIMEOUT_MS };
  try {
    const { stdout } = await run("gcloud", ["auth", "print-identity-token", ...asked], options);
    return stdout.trim();
  } catch (cause) {
    throw new RefusedError(
      "There is no token for the producer, and gcloud returned none. Log in with gcloud auth login, or name a " +
        "service account with --impersonate.",
      { cause },
    );
  }
}

/** A long command must neither start gcloud for each request nor use an expired token. */
function reused(make: () => Promise<string>, first: string | undefined): TokenSource {
  let made = { token: first, atMs: performance.now() };
  return async () => {
    if (made.token !== undefined && performance.now() - made.atMs < REUSE_MS) return made.token;
    const token = await make();
    made = { token, atMs: performance.now() };
    return token;
  };
}
