import { expect, test } from "vitest";
import { authModeOf } from "../../../../shared/auth/auth-mode.ts";
import type { AuthMode } from "../../../../shared/auth/check-token.ts";
import { OTHER_KEY, type TokenHarness, expectNoTokenIn, setUpTokenRules } from "../../../harness/auth/token-rules.ts";
import { assembleToken, signToken } from "../../../harness/auth/tokens.ts";

const MARKER = "SIGNATURE_REMOVED_BY_GOOGLE";

/** The token that `claims` would make, as Cloud Run passes it on after it has removed the signature. */
function strippedToken(harness: TokenHarness, over: object = {}, marker = MARKER): string {
  const signed = assembleToken({ alg: "RS256", kid: "key-1", typ: "JWT" }, { ...harness.claims, ...over }, () =>
    Buffer.of(1),
  );
  return signed.replace(/[^.]+$/, marker);
}

test("verify mode refuses a removed signature with a reason of its own, and fetches no keys", async () => {
  const harness = await setUpTokenRules();
  const token = strippedToken(harness);

  const authentication = await harness.present(token);

  expect(authentication).toEqual({ kind: "unauthenticated", reason: "signature-removed" });
  expect(harness.server.fetches).toBe(0);
  expectNoTokenIn(authentication, harness, token.replace(MARKER, "x"));
});

test("platform mode accepts a removed signature, and fetches no keys", async () => {
  const harness = await setUpTokenRules("platform");

  expect(await harness.present(strippedToken(harness))).toMatchObject({ kind: "authenticated" });
  expect(harness.server.fetches).toBe(0);
});

test("auto mode accepts a removed signature without keys, and verifies one that is present", async () => {
  const harness = await setUpTokenRules("auto");

  expect(await harness.present(strippedToken(harness))).toMatchObject({ kind: "authenticated" });
  expect(harness.server.fetches).toBe(0);
  expect(await harness.present(harness.token)).toMatchObject({ kind: "authenticated" });
  expect(harness.server.fetches).toBe(1);
  const forged = signToken(OTHER_KEY, harness.claims, { kid: "key-1" });
  expect(await harness.present(forged)).toEqual({ kind: "unauthenticated", reason: "signature" });
  const stripped = strippedToken(harness, { aud: "https://other" });
  expect(await harness.present(stripped)).toEqual({ kind: "unauthenticated", reason: "audience" });
});

test.each<[{ K_SERVICE?: string; INVOKER_CHECK?: "on" }, AuthMode]>([
  [{ K_SERVICE: "worker", INVOKER_CHECK: "on" }, "auto"],
  [{ K_SERVICE: "worker" }, "verify"],
  [{ INVOKER_CHECK: "on" }, "verify"],
  [{ K_SERVICE: "", INVOKER_CHECK: "on" }, "verify"],
])("auto with %j is the mode %s", (variables, mode) => {
  expect(authModeOf({ AUTH_MODE: "auto", ...variables })).toBe(mode);
});

test.each<[string, (harness: TokenHarness) => string, string, string]>([
  ["a signature that is there, though it is good", ({ token }) => token, "unauthenticated", "signature-not-removed"],
  [
    "the marker in lower case",
    (b) => strippedToken(b, {}, MARKER.toLowerCase()),
    "unauthenticated",
    "signature-not-removed",
  ],
  ["more than the marker", (b) => strippedToken(b, {}, `${MARKER}_`), "unauthenticated", "signature-not-removed"],
  ["another audience", (b) => strippedToken(b, { aud: "https://other" }), "unauthenticated", "audience"],
  ["another issuer", (b) => strippedToken(b, { iss: "https://evil.example" }), "unauthenticated", "issuer"],
  ["an expired token", (b) => strippedToken(b, { exp: b.nowS - 31, iat: b.nowS - 600 }), "unauthenticated", "expired"],
  ["a life of a day", (b) => strippedToken(b, { exp: b.nowS + 86_400 }), "unauthenticated", "lifetime"],
  [
    "another account",
    (b) => strippedToken(b, { email: "other@project.iam.gserviceaccount.com" }),
    "forbidden",
    "email",
  ],
  [
    "an address that isn't verified",
    (b) => strippedToken(b, { email_verified: "true" }),
    "forbidden",
    "email-not-verified",
  ],
])("platform mode refuses %s", async (_, tokenOf, kind, reason) => {
  const harness = await setUpTokenRules("platform");

  expect(await harness.present(tokenOf(harness))).toEqual({ kind, reason });
  expect(harness.server.fetches).toBe(0);
});
