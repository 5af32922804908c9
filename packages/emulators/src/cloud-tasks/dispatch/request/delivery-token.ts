import crypto from "node:crypto";
import { promisify } from "node:util";
import type { KeySource } from "./signing-key.ts";
import type { TokenRequest } from "../../state/task.ts";

/** Returns the Authorization header for a delivery to `url`. */
export type TokenMaker = (token: TokenRequest, url: string) => Promise<string>;

const LIFETIME_SECONDS = 3600;

/**
 * Creates what makes the tokens of deliveries: for OIDC an RS256 token in Google's form
 * (https://cloud.google.com/tasks/docs/creating-http-target-tasks#token), for OAuth an opaque one that grants nothing.
 *
 * Their times are by the wall clock, not by the emulator's, since whoever checks them uses the wall clock.
 */
export function createTokenMaker({ key, issuer }: { key: KeySource; issuer: string }): TokenMaker {
  let madeAtSeconds = 0;
  let made = new Map<string, Promise<string>>();

  return async (token, url) => {
    if (token.kind === "oauth") return `Bearer ${opaqueToken()}`;
    const nowSeconds = Math.floor(Date.now() / 1000);
    if (nowSeconds !== madeAtSeconds) {
      madeAtSeconds = nowSeconds;
      made = new Map();
    }
    // RS256 is deterministic: all tokens for one target within one second are the same, so one signature will do.
    const wanted = { email: token.email, audience: token.audience ?? url };
    const wantedKey = JSON.stringify(wanted);
    const signed = made.get(wantedKey) ?? sign(key, claims({ ...wanted, issuer }, nowSeconds));
    made.set(wantedKey, signed);
    return `Bearer ${await signed}`;
  };
}

/** A service account's numeric id. Google assigns it; the emulator derives it from the e-mail address. */
function accountId(email: string): string {
  const digest = crypto.createHash("sha256").update(email).digest("hex");
  return `1${BigInt(`0x${digest}`).toString().padStart(20, "0").slice(-20)}`;
}

function claims(wanted: { email: string; audience: string; issuer: string }, issuedAt: number): object {
  const id = accountId(wanted.email);
  return {
    aud: wanted.audience,
    azp: id,
    email: wanted.email,
    email_verified: true,
    exp: issuedAt + LIFETIME_SECONDS,
    iat: issuedAt,
    iss: wanted.issuer,
    sub: id,
  };
}

/** Signs in another thread: a signature takes as long as several deliveries. */
const makeSignature = promisify(crypto.sign);

async function sign(key: KeySource, payload: object): Promise<string> {
  const { kid, privateKey } = await key();
  const signed = `${encode({ alg: "RS256", kid, typ: "JWT" })}.${encode(payload)}`;
  const signature = await makeSignature("sha256", Buffer.from(signed), privateKey);
  return `${signed}.${signature.toString("base64url")}`;
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");

const opaqueToken = (): string => `ya29.local-${crypto.randomBytes(24).toString("base64url")}`;
