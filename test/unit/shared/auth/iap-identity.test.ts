import { createHmac, createSign } from "node:crypto";
import { expect, it } from "vitest";
import { personIdentity } from "../../../../shared/auth/iap-identity.ts";
import { IAP_AUDIENCE, assertionClaims, makeElliptic, signAssertion } from "../../../harness/auth/assertions.ts";
import { jwkResponse, pemResponse } from "../../../harness/auth/key-server.ts";
import { serveKeys } from "../../../harness/auth/serve-keys.ts";
import { assembleToken, makeSigningKey, signToken } from "../../../harness/auth/tokens.ts";

const KEY = makeElliptic("iap-1");
const OTHER_KEY = makeElliptic("iap-2");
const RSA_KEY = makeSigningKey("iap-1");
const PERSON = "Ops@Example.com";

/** IAP's keys on a real server, and an assertion that counts. */
async function setUp() {
  const { server, clock, nowS, logged, log } = await serveKeys([KEY]);
  const identify = personIdentity({ audience: IAP_AUDIENCE, keysUrl: server.url, clock, log });
  const claims = assertionClaims({ email: PERSON, nowMs: clock.now() });
  const present = (assertion: string) => identify(new Headers({ "x-goog-iap-jwt-assertion": assertion }));
  return { server, clock, nowS, logged, identify, claims, present, assertion: signAssertion(KEY, claims) };
}

type Harness = Awaited<ReturnType<typeof setUp>>;

const IDENTIFIED = { kind: "identified", email: "ops@example.com" };

it("identifies a person by IAP's signed assertion, and checks each assertion and fetches the keys once", async () => {
  const { server, present, assertion } = await setUp();
  expect(await Promise.all([present(assertion), present(assertion)])).toEqual([IDENTIFIED, IDENTIFIED]);
  server.respondWith({ status: 500, body: "" });
  expect(await present(assertion)).toEqual(IDENTIFIED);
  expect(server.fetches).toBe(1);
});

it("also finds IAP's keys in a JWK set", async () => {
  const { server, present, assertion } = await setUp();
  server.respondWith(jwkResponse([OTHER_KEY, KEY]));
  expect(await present(assertion)).toEqual(IDENTIFIED);
});

/** [what is sent, the assertion, kind and reason, key fetches] */
type Row = readonly [sent: string, assertion: (harness: Harness) => string, outcome: string, fetches: number];

const withClaims = (over: object | ((nowS: number) => object)) => (harness: Harness) =>
  signAssertion(KEY, { ...harness.claims, ...(typeof over === "function" ? over(harness.nowS) : over) });
const withHeader = (header: Readonly<Record<string, unknown>>) => (harness: Harness) =>
  signAssertion(KEY, harness.claims, header);
const hmac = (alg: string) => (harness: Harness) =>
  assembleToken({ alg, kid: "iap-1", typ: "JWT" }, harness.claims, (input) =>
    createHmac("sha256", KEY.publicPem).update(input).digest(),
  );

const HEADERS: readonly Row[] = [
  ["nothing", () => "", "unauthenticated malformed-header", 0],
  ["a word", () => "assertion", "unauthenticated malformed-header", 0],
  ["Bearer before it", ({ assertion }) => `Bearer ${assertion}`, "unauthenticated malformed-header", 0],
  ["two of them", ({ assertion }) => `${assertion}, ${assertion}`, "unauthenticated malformed-header", 0],
  ["four parts", ({ assertion }) => `${assertion}.AAAA`, "unauthenticated malformed-header", 0],
  ["no signature", ({ assertion }) => assertion.replace(/[^.]+$/, ""), "unauthenticated malformed-header", 0],
  ["9 KB", ({ assertion }) => assertion + "A".repeat(9_000), "unauthenticated malformed-header", 0],
  ["alg none", withHeader({ alg: "none" }), "unauthenticated algorithm", 0],
  ["no alg", withHeader({ alg: undefined }), "unauthenticated algorithm", 0],
  ["alg es256", withHeader({ alg: "es256" }), "unauthenticated algorithm", 0],
  ["alg ES384", withHeader({ alg: "ES384" }), "unauthenticated algorithm", 0],
  ["HS256 with the public key", hmac("HS256"), "unauthenticated algorithm", 0],
  ["HMAC under the name ES256", hmac("ES256"), "unauthenticated signature", 1],
  ["RS256 with that key id", ({ claims }) => signToken(RSA_KEY, claims), "unauthenticated algorithm", 0],
  [
    "an RSA signature under ES256",
    ({ claims }) => signToken(RSA_KEY, claims, { alg: "ES256" }),
    "unauthenticated signature",
    1,
  ],
  [
    "a signature in DER",
    ({ claims }) =>
      assembleToken({ alg: "ES256", kid: "iap-1" }, claims, (input) =>
        createSign("SHA256").update(input).sign(KEY.privateKey),
      ),
    "unauthenticated signature",
    1,
  ],
  [
    "a signature of zeros",
    ({ claims }) => assembleToken({ alg: "ES256", kid: "iap-1" }, claims, () => Buffer.alloc(64)),
    "unauthenticated signature",
    1,
  ],
  [
    "the mark of a removed signature",
    ({ assertion }) => assertion.replace(/[^.]+$/, "SIGNATURE_REMOVED_BY_GOOGLE"),
    "unauthenticated signature-removed",
    0,
  ],
  [
    "another's key under that key id",
    ({ claims }) => signAssertion(OTHER_KEY, claims, { kid: "iap-1" }),
    "unauthenticated signature",
    1,
  ],
  ["an unknown key id", ({ claims }) => signAssertion(OTHER_KEY, claims), "unauthenticated unknown-key", 1],
  ["the key id __proto__", withHeader({ kid: "__proto__" }), "unauthenticated unknown-key", 1],
  ["no key id", withHeader({ kid: undefined }), "unauthenticated header-fields", 0],
  ["a key of its own", withHeader({ jwk: OTHER_KEY.publicJwk }), "unauthenticated header-fields", 0],
  [
    "other claims than were signed",
    ({ assertion, claims }) => {
      const [header, , signature] = assertion.split(".");
      const forged = Buffer.from(JSON.stringify({ ...claims, email: "root@example.com" })).toString("base64url");
      return `${header}.${forged}.${signature}`;
    },
    "unauthenticated signature",
    1,
  ],
];

const CLAIMS: readonly Row[] = [
  [
    "another service's audience",
    withClaims({ aud: IAP_AUDIENCE.replace("console", "other") }),
    "unauthenticated audience",
    0,
  ],
  [
    "another project's audience",
    withClaims({ aud: IAP_AUDIENCE.replace("123", "321") }),
    "unauthenticated audience",
    0,
  ],
  ["an audience that begins like ours", withClaims({ aud: `${IAP_AUDIENCE}-2` }), "unauthenticated audience", 0],
  ["a list of audiences", withClaims({ aud: [IAP_AUDIENCE] }), "unauthenticated audience", 0],
  ["no audience", withClaims({ aud: undefined }), "unauthenticated audience", 0],
  ["Google's issuer", withClaims({ iss: "https://accounts.google.com" }), "unauthenticated issuer", 0],
  ["an issuer with a slash", withClaims({ iss: "https://cloud.google.com/iap/" }), "unauthenticated issuer", 0],
  ["no issuer", withClaims({ iss: undefined }), "unauthenticated issuer", 0],
  [
    "one that expired 31 s ago",
    withClaims((nowS) => ({ exp: nowS - 31, iat: nowS - 631 })),
    "unauthenticated expired",
    0,
  ],
  ["one that expired 30 s ago", withClaims((nowS) => ({ exp: nowS - 30, iat: nowS - 630 })), "identified", 1],
  ["one from 30 s ahead", withClaims((nowS) => ({ iat: nowS + 30, exp: nowS + 630 })), "identified", 1],
  [
    "one from 31 s ahead",
    withClaims((nowS) => ({ iat: nowS + 31, exp: nowS + 631 })),
    "unauthenticated issued-ahead",
    0,
  ],
  ["one that is valid for 11 minutes", withClaims((nowS) => ({ exp: nowS + 660 })), "identified", 1],
  ["one that is valid for longer", withClaims((nowS) => ({ exp: nowS + 661 })), "unauthenticated lifetime", 0],
  ["no expiry", withClaims({ exp: undefined }), "unauthenticated times", 0],
  ["no time of issue", withClaims({ iat: undefined }), "unauthenticated times", 0],
  ["times as texts", withClaims((nowS) => ({ exp: String(nowS + 600) })), "unauthenticated times", 0],
  ["no subject", withClaims({ sub: undefined }), "unauthenticated subject", 0],
  ["a person of Identity Platform", withClaims({ sub: "securetoken.google.com/p:7" }), "forbidden identity-source", 1],
  ["a subject without a source", withClaims({ sub: "104857600000000000001" }), "forbidden identity-source", 1],
  ["no e-mail", withClaims({ email: undefined }), "forbidden no-email", 1],
  ["a list of e-mails", withClaims({ email: [PERSON] }), "forbidden email-form", 1],
  ["an e-mail with a long s", withClaims({ email: "op\u017f@example.com" }), "forbidden email-form", 1],
  ["two e-mails", withClaims({ email: `${PERSON}, root@example.com` }), "forbidden email-form", 1],
];

it.each([...HEADERS, ...CLAIMS])(
  "judges an assertion by all of its claims: %s",
  async (_, assertionOf, outcome, fetches) => {
    const harness = await setUp();
    const assertion = assertionOf(harness);

    const identity = await harness.present(assertion);

    expect("reason" in identity ? `${identity.kind} ${identity.reason}` : identity.kind).toBe(outcome);
    expect(harness.server.fetches).toBe(fetches);
    // Nothing of it is returned or logged.
    for (const part of assertion.split(/[., ]/).filter(({ length }) => length > 40)) {
      expect(JSON.stringify(identity) + harness.logged.join("")).not.toContain(part);
    }
  },
);

it.each<[name: string, headers: (assertion: string) => Record<string, string>]>([
  ["no header", () => ({})],
  ["the assertion as a token", (assertion) => ({ authorization: `Bearer ${assertion}` })],
  [
    "IAP's headers without a signature",
    () => ({
      "x-goog-authenticated-user-email": `accounts.google.com:${PERSON}`,
      "x-goog-authenticated-user-id": "accounts.google.com:104857600000000000001",
    }),
  ],
])("identifies nobody by %s", async (_, headersOf) => {
  const { identify, assertion, server } = await setUp();
  expect(await identify(new Headers(headersOf(assertion)))).toEqual({ kind: "unauthenticated", reason: "no-token" });
  expect(server.fetches).toBe(0);
});

it("identifies nobody while the key server is down, unless it already has the keys", async () => {
  const { server, clock, present, assertion, claims, logged } = await setUp();
  server.respondWith("reset");
  expect(await present(assertion)).toEqual({ kind: "keys-unavailable" });
  expect(logged.join("")).toContain('"reason":"unreachable"');

  server.respondWith(pemResponse([KEY]));
  await clock.advance(1_000);
  expect(await present(assertion)).toEqual(IDENTIFIED);

  server.respondWith({ status: 503, body: "" });
  await clock.advance(60_000);
  expect(await present(signAssertion(KEY, { ...claims, hd: "other" }))).toEqual(IDENTIFIED);
  expect(await present(signAssertion(OTHER_KEY, claims))).toEqual({ kind: "keys-unavailable" });
});

it.each([
  ["RSA", RSA_KEY],
  ["another curve", makeElliptic("iap-1", "P-384")],
  ["the curve of Bitcoin", makeElliptic("iap-1", "secp256k1")],
])("accepts no key of %s from IAP's key server", async (_, key) => {
  const { server, clock, present, assertion } = await setUp();
  for (const response of [pemResponse([key]), jwkResponse([key])]) {
    server.respondWith(response);
    expect(await present(assertion)).toEqual({ kind: "keys-unavailable" });
    await clock.advance(1_000);
  }
  expect(server.fetches).toBe(2);
});
