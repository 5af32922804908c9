import { expect, onTestFinished } from "vitest";
import { createLogger } from "../../../shared/runtime/log.ts";
import { type Authentication, authenticate, createTokenRules } from "../../../services/worker/authenticate.ts";
import type { AuthMode } from "../../../shared/auth/check-token.ts";
import { createKeyCache } from "../../../shared/auth/key-cache.ts";
import { startKeyServer } from "./key-server.ts";
import { VirtualClock } from "handoff-emulators/clock";
import { identityClaims, makeSigningKey, signToken } from "./tokens.ts";

export const AUDIENCE = "https://worker.example.com";
export const INVOKER = "invoker@project.iam.gserviceaccount.com";

/** Made once, because it is slow. Nothing modifies it. */
export const KEY = makeSigningKey("key-1");
export const OTHER_KEY = makeSigningKey("key-2");

/**
 * Token rules backed by a real key server that serves `KEY`, with a token that they accept.
 *
 * @param mode default: the rules' own.
 *
 * The clock starts at the wall clock's time, in whole seconds, because google-auth-library uses the wall clock.
 */
export async function setUpTokenRules(mode?: AuthMode) {
  const server = await startKeyServer([KEY]);
  onTestFinished(() => server.close());
  const nowS = Math.floor(Date.now() / 1_000);
  const clock = new VirtualClock({ startMs: nowS * 1_000 });
  const logged: string[] = [];
  const log = createLogger({
    service: "test",
    level: "trace",
    destination: { write: (line) => void logged.push(line) },
  });
  const keys = createKeyCache({ url: server.url, clock, log });
  const rules = createTokenRules({ keys, audience: AUDIENCE, invoker: INVOKER, clock, ...(mode ? { mode } : {}) });
  const claims = identityClaims({ audience: AUDIENCE, email: INVOKER, nowMs: clock.now() });
  const present = (token: string) => authenticate(new Headers({ authorization: `Bearer ${token}` }), rules);
  return { server, clock, nowS, logged, rules, claims, present, token: signToken(KEY, claims) };
}

export type TokenHarness = Awaited<ReturnType<typeof setUpTokenRules>>;

/** Nothing that the check returns may contain a token or any part of one. */
export function expectNoTokenIn(authentication: Authentication, harness: TokenHarness, token: string): void {
  const texts = JSON.stringify(authentication) + harness.logged.join("");
  for (const part of token.split(".").filter((part) => part.length > 4)) expect(texts).not.toContain(part);
}
