import { createSign, generateKeyPairSync } from "node:crypto";
import { type SigningKey, assembleToken } from "./tokens.ts";

type Fields = Readonly<Record<string, unknown>>;

export const IAP_AUDIENCE = "/projects/123456789012/locations/europe-west1/services/handoff-console";

/** Makes a key pair for ES256, by default on the curve that ES256 requires. */
export function makeElliptic(keyId: string, namedCurve = "P-256"): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
  return {
    keyId,
    privateKey,
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    publicJwk: publicKey.export({ format: "jwk" }),
  };
}

/** The claims of an assertion that IAP makes for a person: issued now, and valid for 10 minutes. */
export function assertionClaims({ email, nowMs }: { readonly email: string; readonly nowMs: number }): Fields {
  const issuedAt = Math.floor(nowMs / 1_000);
  return {
    aud: IAP_AUDIENCE,
    email,
    exp: issuedAt + 600,
    hd: "example.com",
    iat: issuedAt,
    iss: "https://cloud.google.com/iap",
    sub: "accounts.google.com:104857600000000000001",
  };
}

/** An assertion signed under ES256. `header` overrides the default one; undefined removes a field. */
export function signAssertion(key: SigningKey, claims: Fields, header: Fields = {}): string {
  return assembleToken({ alg: "ES256", typ: "JWT", kid: key.keyId, ...header }, claims, (input) =>
    createSign("SHA256").update(input).sign({ key: key.privateKey, dsaEncoding: "ieee-p1363" }),
  );
}
