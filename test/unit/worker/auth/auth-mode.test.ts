import { expect, test } from "vitest";
import { type TokenBundle, expectNoTokenIn, setUpTokenRules } from "../../../harness/auth/token-rules.ts";
import { assembleToken } from "../../../harness/auth/tokens.ts";

const MARKER = "SIGNATURE_REMOVED_BY_GOOGLE";

/** The token that `claims` would make, as Cloud Run passes it on when it has removed the signature. */
function strippedToken(bundle: TokenBundle, over: object = {}, marker = MARKER): string {
  const signed = assembleToken({ alg: "RS256", kid: "key-1", typ: "JWT" }, { ...bundle.claims, ...over }, () =>
    Buffer.of(1),
  );
  return signed.replace(/[^.]+$/, marker);
}

test("verify mode refuses a removed signature by its own name, and fetches no keys", async () => {
  const bundle = await setUpTokenRules();
  const token = strippedToken(bundle);

  const authentication = await bundle.present(token);

  expect(authentication).toEqual({ kind: "unauthenticated", reason: "signature-removed" });
  expect(bundle.server.fetches).toBe(0);
  expectNoTokenIn(authentication, bundle, token.replace(MARKER, "x"));
});

test("platform mode accepts a removed signature, and fetches no keys", async () => {
  const bundle = await setUpTokenRules("platform");

  expect(await bundle.present(strippedToken(bundle))).toMatchObject({ kind: "authenticated" });
  expect(bundle.server.fetches).toBe(0);
});

test.each<[string, (bundle: TokenBundle) => string, string, string]>([
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
  const bundle = await setUpTokenRules("platform");

  expect(await bundle.present(tokenOf(bundle))).toEqual({ kind, reason });
  expect(bundle.server.fetches).toBe(0);
});
