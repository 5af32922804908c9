import { createHmac } from "node:crypto";
import type { RawRequest } from "../../../harness/network/raw-http.ts";
import { AUDIENCE, INVOKER, KEY, OTHER_KEY } from "../../../harness/auth/token-rules.ts";
import { assembleToken, signToken } from "../../../harness/auth/tokens.ts";
import { type ValidDelivery, withHeaders } from "./harness.ts";
import { type HostileCase, refusal, withClaims, withToken } from "./hostile-case.ts";

const withAuthorization = (request: RawRequest, authorization: string | undefined) =>
  withHeaders(request, { authorization });

const HEADER_CASES: readonly [input: string, forge: (valid: ValidDelivery) => RawRequest][] = [
  ["no Authorization", ({ request }) => withAuthorization(request, undefined)],
  ["an empty Authorization", ({ request }) => withAuthorization(request, "")],
  ["Basic", ({ request }) => withAuthorization(request, "Basic dTpw")],
  ["a lower-case bearer", ({ request, token }) => withAuthorization(request, `bearer ${token}`)],
  ["two spaces before the token", ({ request, token }) => withAuthorization(request, `Bearer  ${token}`)],
  ["a tab before the token", ({ request, token }) => withAuthorization(request, `Bearer\t${token}`)],
  ["a token of two segments", (valid) => withToken(valid, valid.token.split(".").slice(0, 2).join("."))],
  ["a token of four segments", (valid) => withToken(valid, `${valid.token}.AAAA`)],
  ["a token with padding", (valid) => withToken(valid, `${valid.token}=`)],
  ["two tokens in one Authorization", (valid) => withToken(valid, `${valid.token}, Bearer ${valid.token}`)],
];

const ALGORITHM_CASES: readonly [input: string, fetches: number, token: (valid: ValidDelivery) => string][] = [
  ["alg none without a signature", 0, ({ claims }) => assembleToken({ alg: "none" }, claims, () => Buffer.of(1))],
  ["HS256 with the public key", 0, ({ claims }) => hmacSigned(claims, "HS256")],
  ["an HMAC with the public key under the name RS256", 1, ({ claims }) => hmacSigned(claims, "RS256")],
  ["an RSA signature under RS512", 0, ({ claims }) => signToken(KEY, claims, { alg: "RS512" })],
  ["an RSA signature under PS256", 0, ({ claims }) => signToken(KEY, claims, { alg: "PS256" })],
  ["an unknown crit", 0, ({ claims }) => signToken(KEY, claims, { crit: ["b64"], b64: false })],
  ["a jku", 0, ({ claims }) => signToken(OTHER_KEY, claims, { jku: "https://evil.example/keys" })],
  ["a jwk", 0, ({ claims }) => signToken(OTHER_KEY, claims, { kid: "key-1", jwk: OTHER_KEY.publicJwk })],
  ["another's signature under our key's id", 1, ({ claims }) => signToken(OTHER_KEY, claims, { kid: "key-1" })],
  ["an unknown key id", 1, ({ claims }) => signToken(KEY, claims, { kid: "key-9" })],
];

function hmacSigned(claims: ValidDelivery["claims"], alg: string): string {
  const sign = (input: string) => createHmac("sha256", KEY.publicPem).update(input).digest();
  return assembleToken({ alg, kid: "key-1", typ: "JWT" }, claims, sign);
}

/** Overrides for good claims, as a function of the time in seconds. A key is fetched only for a 403. */
type ClaimCase = [row: 4 | 5 | 6 | 7, input: string, status: 401 | 403, over: (nowS: number) => object];

const CLAIM_CASES: readonly ClaimCase[] = [
  [4, "a good token of another account", 403, () => ({ email: "other@project.iam.gserviceaccount.com" })],
  [4, "the invoker's address in upper case", 403, () => ({ email: INVOKER.toUpperCase() })],
  [5, "another audience", 401, () => ({ aud: "https://other.example.com" })],
  [5, "an audience with a trailing slash", 401, () => ({ aud: `${AUDIENCE}/` })],
  [5, "an audience in another case", 401, () => ({ aud: AUDIENCE.toUpperCase() })],
  [5, "a list of audiences", 401, () => ({ aud: [AUDIENCE] })],
  [6, "an evil issuer", 401, () => ({ iss: "https://accounts.google.com.evil.example" })],
  [6, "the issuer googleapis.com", 401, () => ({ iss: "googleapis.com" })],
  [6, "no email", 403, () => ({ email: undefined })],
  [6, "an email that is not verified", 403, () => ({ email_verified: false })],
  [6, 'an email that is verified as "true"', 403, () => ({ email_verified: "true" })],
  [7, "a token that ended before the skew", 401, (nowS) => ({ iat: nowS - 3_631, exp: nowS - 31 })],
  [7, "a life of 25 h", 401, (nowS) => ({ exp: nowS + 25 * 3_600 })],
  [7, "an iat ahead", 401, (nowS) => ({ iat: nowS + 60, exp: nowS + 3_000 })],
  [7, "an nbf ahead", 401, (nowS) => ({ nbf: nowS + 60 })],
  [7, "an iat that is a string", 401, (nowS) => ({ iat: String(nowS) })],
];

/** Rows 1, 2, 4 to 7 and 9. */
export const TOKEN_CASES: readonly HostileCase[] = [
  ...HEADER_CASES.map(([input, forge]) => refusal({ row: 1, input, status: 401, forge })),
  refusal({
    row: 1,
    input: "two Authorization headers, the valid one first",
    status: 401,
    forge: ({ request }) => ({ ...request, headers: [...request.headers, ["authorization", "Basic dTpw"]] }),
  }),
  refusal({
    row: 1,
    input: "two Authorization headers, the valid one last",
    status: 401,
    forge: ({ request }) => ({ ...request, headers: [["authorization", "Basic dTpw"], ...request.headers] }),
  }),
  ...ALGORITHM_CASES.map(([input, fetches, tokenOf]) =>
    refusal({ row: 2, input, status: 401, fetches, forge: (valid) => withToken(valid, tokenOf(valid)) }),
  ),
  ...CLAIM_CASES.map(([row, input, status, over]) =>
    refusal({
      row,
      input,
      status,
      fetches: status === 403 ? 1 : 0,
      forge: (valid) => withClaims(valid, over(valid.nowS)),
    }),
  ),
  ...["", "Bearer"].map((scheme) =>
    refusal({
      row: 9,
      input: `X-Serverless-Authorization with ${scheme === "" ? "nothing in it" : "the same token"}`,
      status: 401,
      forge: ({ request, token }) =>
        withHeaders(request, { "x-serverless-authorization": scheme === "" ? "" : `${scheme} ${token}` }),
    }),
  ),
];
