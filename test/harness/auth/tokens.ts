import { createSign, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";

/** A real key pair and its published key id. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicPem: string;
  readonly publicJwk: JsonWebKey;
}

type Fields = Readonly<Record<string, unknown>>;

/** Makes a key pair, by default of 2,048 bits. It takes a tenth of a second, so a test file should make few. */
export function makeSigningKey(keyId: string, bits = 2_048): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: bits });
  return {
    keyId,
    privateKey,
    publicPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    publicJwk: publicKey.export({ format: "jwk" }),
  };
}

/** The claims of a token that Google makes for a service account, issued now and valid for an hour. */
export function identityClaims(token: { audience: string; email: string; nowMs: number }): Fields {
  const issuedAt = Math.floor(token.nowMs / 1_000);
  return {
    aud: token.audience,
    azp: "104857600000000000001",
    email: token.email,
    email_verified: true,
    exp: issuedAt + 3_600,
    iat: issuedAt,
    iss: "https://accounts.google.com",
    sub: "104857600000000000001",
  };
}

/** A token signed with the key under RS256. `header` overrides the default one; undefined removes a field. */
export function signToken(key: SigningKey, claims: Fields, header: Fields = {}): string {
  return assembleToken({ alg: "RS256", kid: key.keyId, typ: "JWT", ...header }, claims, (input) =>
    signatureOf(input, key),
  );
}

const MAX_SIGNATURES = 1_000;
const signatures = new WeakMap<SigningKey, Map<string, Buffer>>();

/** RS256 signs a text always alike (https://www.rfc-editor.org/rfc/rfc8017#section-8.2), and that takes a millisecond. */
function signatureOf(input: string, key: SigningKey): Buffer {
  const known = signatures.get(key) ?? new Map<string, Buffer>();
  if (known.size >= MAX_SIGNATURES) known.clear();
  const signature = known.get(input) ?? createSign("RSA-SHA256").update(input).sign(key.privateKey);
  known.set(input, signature);
  signatures.set(key, known);
  return signature;
}

/** Any header and claims, with any signature. */
export function assembleToken(header: Fields, claims: Fields, sign: (input: string) => Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign(input).toString("base64url")}`;
}

function encode(fields: Fields): string {
  return Buffer.from(JSON.stringify(fields)).toString("base64url");
}
