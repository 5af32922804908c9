import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { authenticate } from "../../../../services/worker/authenticate.ts";
import {
  AUDIENCE,
  expectNoTokenIn,
  INVOKER,
  KEY,
  OTHER_KEY,
  setUpTokenRules,
  type TokenHarness,
} from "../../../harness/auth/token-rules.ts";
import { assembleToken, signToken } from "../../../harness/auth/tokens.ts";

const STATUS = { authenticated: 200, unauthenticated: 401, forbidden: 403, "keys-unavailable": 503 };

describe("headers that are not one bearer token", () => {
  it.each<[string, (token: string) => [name: string, value: string][]]>([
    ["no Authorization", () => []],
    ["an empty Authorization", () => [["authorization", ""]]],
    ["Basic", () => [["authorization", "Basic dTpw"]]],
    ["lower-case bearer", (token) => [["authorization", `bearer ${token}`]]],
    ["two spaces", (token) => [["authorization", `Bearer  ${token}`]]],
    ["a tab", (token) => [["authorization", `Bearer\t${token}`]]],
    ["no space", (token) => [["authorization", `Bearer${token}`]]],
    ["the bare token", (token) => [["authorization", token]]],
    [
      "the same token twice",
      (token) => [
        ["authorization", `Bearer ${token}`],
        ["authorization", `Bearer ${token}`],
      ],
    ],
    [
      "a second scheme",
      (token) => [
        ["authorization", `Bearer ${token}`],
        ["authorization", "Basic dTpw"],
      ],
    ],
    ["two segments", (token) => [["authorization", `Bearer ${token.split(".").slice(0, 2).join(".")}`]]],
    ["an empty signature", (token) => [["authorization", `Bearer ${token.replace(/[^.]+$/, "")}`]]],
    ["four segments", (token) => [["authorization", `Bearer ${token}.AAAA`]]],
    ["padding", (token) => [["authorization", `Bearer ${token}=`]]],
    ["base64 that is not base64url", (token) => [["authorization", `Bearer ${token}+/`]]],
    ["a word after the token", (token) => [["authorization", `Bearer ${token} x`]]],
    ["a header of 9 KB", (token) => [["authorization", `Bearer ${token}${"A".repeat(9_000)}`]]],
    ["the token in another header", (token) => [["x-goog-iap-jwt-assertion", token]]],
    ["X-Serverless-Authorization only", (token) => [["x-serverless-authorization", `Bearer ${token}`]]],
    [
      "X-Serverless-Authorization too",
      (token) => [
        ["authorization", `Bearer ${token}`],
        ["x-serverless-authorization", `Bearer ${token}`],
      ],
    ],
    [
      "an empty X-Serverless-Authorization too",
      (token) => [
        ["authorization", `Bearer ${token}`],
        ["x-serverless-authorization", ""],
      ],
    ],
  ])("refuses %s with 401 and fetches no keys", async (_name, headersOf) => {
    const harness = await setUpTokenRules();
    const authentication = await authenticate(new Headers(headersOf(harness.token)), harness.rules);
    expect(STATUS[authentication.kind]).toBe(401);
    expect(harness.server.fetches).toBe(0);
    expectNoTokenIn(authentication, harness, harness.token);
  });
});

/** [what is wrong, the token, reason, status, key fetches] */
type TokenRow = [
  name: string,
  token: (harness: TokenHarness) => string,
  reason: string,
  status: number,
  fetches: number,
];

const hmacSigned = (harness: TokenHarness, alg: string, secret: string) =>
  assembleToken({ alg, kid: "key-1", typ: "JWT" }, harness.claims, (input) =>
    createHmac("sha256", secret).update(input).digest(),
  );

const headerRows: TokenRow[] = [
  ["alg none", ({ claims }) => signToken(KEY, claims, { alg: "none" }), "algorithm", 401, 0],
  ["alg NONE", ({ claims }) => signToken(KEY, claims, { alg: "NONE" }), "algorithm", 401, 0],
  ["no alg", ({ claims }) => signToken(KEY, claims, { alg: undefined }), "algorithm", 401, 0],
  ["HS256 with the public key", (harness) => hmacSigned(harness, "HS256", KEY.publicPem), "algorithm", 401, 0],
  ["HMAC under the name RS256", (harness) => hmacSigned(harness, "RS256", KEY.publicPem), "signature", 401, 1],
  ["an RSA signature under RS512", ({ claims }) => signToken(KEY, claims, { alg: "RS512" }), "algorithm", 401, 0],
  ["an RSA signature under ES256", ({ claims }) => signToken(KEY, claims, { alg: "ES256" }), "algorithm", 401, 0],
  ["a list of algorithms", ({ claims }) => signToken(KEY, claims, { alg: ["RS256"] }), "algorithm", 401, 0],
  ["another typ", ({ claims }) => signToken(KEY, claims, { typ: "at+jwt" }), "header-fields", 401, 0],
  ["crit", ({ claims }) => signToken(KEY, claims, { crit: ["exp"] }), "header-fields", 401, 0],
  ["jku", ({ claims }) => signToken(KEY, claims, { jku: "https://evil.example/" }), "header-fields", 401, 0],
  ["jwk", ({ claims }) => signToken(OTHER_KEY, claims, { jwk: OTHER_KEY.publicJwk }), "header-fields", 401, 0],
  ["x5u", ({ claims }) => signToken(KEY, claims, { x5u: "https://evil.example/" }), "header-fields", 401, 0],
  ["x5c", ({ claims }) => signToken(KEY, claims, { x5c: [] }), "header-fields", 401, 0],
  ["no kid", ({ claims }) => signToken(KEY, claims, { kid: undefined }), "header-fields", 401, 0],
  ["an empty kid", ({ claims }) => signToken(KEY, claims, { kid: "" }), "header-fields", 401, 0],
  ["a kid that is not a string", ({ claims }) => signToken(KEY, claims, { kid: 1 }), "header-fields", 401, 0],
  ["an unknown kid", ({ claims }) => signToken(KEY, claims, { kid: "key-9" }), "unknown-key", 401, 1],
  ["the kid __proto__", ({ claims }) => signToken(KEY, claims, { kid: "__proto__" }), "unknown-key", 401, 1],
  ["the kid constructor", ({ claims }) => signToken(KEY, claims, { kid: "constructor" }), "unknown-key", 401, 1],
  ["another's key", ({ claims }) => signToken(OTHER_KEY, claims, { kid: "key-1" }), "signature", 401, 1],
  [
    "Cloud Run's marker",
    ({ token }) => token.replace(/[^.]+$/, "SIGNATURE_REMOVED_BY_GOOGLE"),
    "signature-removed",
    401,
    0,
  ],
  ["a header that is not JSON", ({ token }) => token.replace(/^[^.]+/, "AAAA"), "malformed-token", 401, 0],
  ["claims that are not JSON", ({ token }) => token.replace(/\.[^.]+\./, ".AAAA."), "malformed-token", 401, 0],
  [
    "claims that are not UTF-8",
    ({ token }) => token.replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"\xff"}', "latin1").toString("base64url")}.`),
    "malformed-token",
    401,
    0,
  ],
  ["claims that are a list", ({ token }) => token.replace(/\.[^.]+\./, ".W10."), "malformed-token", 401, 0],
  ["claims that are null", ({ token }) => token.replace(/\.[^.]+\./, ".bnVsbA."), "malformed-token", 401, 0],
];

/** Overrides for good claims, as a function of the time in seconds. */
type ClaimRow = [name: string, claims: (nowS: number) => object, reason: string, status: number, fetches: number];

const claimRows: ClaimRow[] = [
  ["another account", () => ({ email: "other@project.iam.gserviceaccount.com" }), "email", 403, 1],
  ["the invoker in upper case", () => ({ email: INVOKER.toUpperCase() }), "email", 403, 1],
  ["no email", () => ({ email: undefined }), "email", 403, 1],
  ["a list of emails", () => ({ email: [INVOKER] }), "email", 403, 1],
  ["email_verified false", () => ({ email_verified: false }), "email-not-verified", 403, 1],
  ['email_verified "true"', () => ({ email_verified: "true" }), "email-not-verified", 403, 1],
  ["no email_verified", () => ({ email_verified: undefined }), "email-not-verified", 403, 1],
  ["another audience", () => ({ aud: "https://other.example.com" }), "audience", 401, 0],
  ["an audience with a trailing slash", () => ({ aud: `${AUDIENCE}/` }), "audience", 401, 0],
  ["an audience in another case", () => ({ aud: "https://Worker.example.com" }), "audience", 401, 0],
  ["a list of audiences", () => ({ aud: [AUDIENCE] }), "audience", 401, 0],
  ["no audience", () => ({ aud: undefined }), "audience", 401, 0],
  ["an evil issuer", () => ({ iss: "https://accounts.google.com.evil.example" }), "issuer", 401, 0],
  ["the issuer without its scheme", () => ({ iss: "accounts.google.com" }), "issuer", 401, 0],
  ["the issuer googleapis.com", () => ({ iss: "googleapis.com" }), "issuer", 401, 0],
  ["no issuer", () => ({ iss: undefined }), "issuer", 401, 0],
  ["no subject", () => ({ sub: undefined }), "subject", 401, 0],
  ["an empty subject", () => ({ sub: "" }), "subject", 401, 0],
  ["a subject that is not a string", () => ({ sub: 1 }), "subject", 401, 0],
  ["an end past the skew", (nowS) => ({ iat: nowS - 3_631, exp: nowS - 31 }), "expired", 401, 0],
  ["a life of 25 h", (nowS) => ({ exp: nowS + 25 * 3_600 }), "lifetime", 401, 0],
  ["a life of 65 min and 1 s", (nowS) => ({ exp: nowS + 3_901 }), "lifetime", 401, 0],
  ["an end before its start", (nowS) => ({ iat: nowS + 20, exp: nowS + 10 }), "lifetime", 401, 0],
  ["an iat ahead", (nowS) => ({ iat: nowS + 31, exp: nowS + 3_000 }), "issued-ahead", 401, 0],
  ["an nbf ahead", (nowS) => ({ nbf: nowS + 31 }), "not-yet-valid", 401, 0],
  ["an iat that is a string", (nowS) => ({ iat: String(nowS) }), "times", 401, 0],
  ["an exp that is a string", (nowS) => ({ exp: String(nowS + 3_600) }), "times", 401, 0],
  ["an nbf that is a string", (nowS) => ({ nbf: String(nowS) }), "times", 401, 0],
  ["no iat", () => ({ iat: undefined }), "times", 401, 0],
  ["no exp", () => ({ exp: undefined }), "times", 401, 0],
  ["an exp of null", () => ({ exp: null }), "times", 401, 0],
  ["an iat of 0", () => ({ iat: 0 }), "times", 401, 0],
];

describe("tokens that are not the invoker's", () => {
  const rows: TokenRow[] = [
    ...headerRows,
    ...claimRows.map(([name, over, ...expected]): TokenRow => [
      name,
      ({ claims, nowS }) => signToken(KEY, { ...claims, ...over(nowS) }),
      ...expected,
    ]),
  ];
  it.each(rows)("refuses %s", async (_name, makeToken, reason, status, fetches) => {
    const harness = await setUpTokenRules();
    const token = makeToken(harness);
    const authentication = await harness.present(token);
    expect(authentication).toMatchObject({ reason });
    expect(STATUS[authentication.kind]).toBe(status);
    expect(harness.server.fetches).toBe(fetches);
    expectNoTokenIn(authentication, harness, token);
  });

  it.each(claimRows.filter(([, , , status]) => status === 403))(
    "answers 401, not 403, to %s without a good signature",
    async (_name, over) => {
      const { present, claims, nowS } = await setUpTokenRules();
      const forged = signToken(OTHER_KEY, { ...claims, ...over(nowS) }, { kid: "key-1" });
      expect(await present(forged)).toEqual({ kind: "unauthenticated", reason: "signature" });
    },
  );

  it("refuses a forged token every time", async () => {
    const { present, claims } = await setUpTokenRules();
    const forged = signToken(OTHER_KEY, claims, { kid: "key-1" });
    const authentications = [await present(forged), await present(forged)];
    expect(authentications).toEqual(authentications.map(() => ({ kind: "unauthenticated", reason: "signature" })));
  });

  it.each(["header", "claims", "signature"])(
    "refuses a good token with its %s changed after it was accepted",
    async (part) => {
      const { present, token, claims } = await setUpTokenRules();
      expect((await present(token)).kind).toBe("authenticated");
      const [header, , signature] = token.split(".");
      const [otherHeader, otherClaims, otherSignature] = signToken(
        KEY,
        { ...claims, sub: "2" },
        { typ: undefined },
      ).split(".");
      const changed = {
        header: token.replace(`${header}.`, `${otherHeader}.`),
        claims: `${header}.${otherClaims}.${signature}`,
        signature: token.replace(`.${signature}`, `.${otherSignature}`),
      }[part];
      expect(await present(changed ?? "")).toEqual({ kind: "unauthenticated", reason: "signature" });
    },
  );
});
