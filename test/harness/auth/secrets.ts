import { KEY } from "./token-rules.ts";

/** Part of every payload in hostile tests. It must not appear in any response or log line. */
export const CANARY = "payload-canary-4711";

const PART = 40;

const [, FIRST_LINE_OF_KEY = ""] = KEY.privateKey.export({ type: "pkcs8", format: "pem" }).toString().split("\n");

/**
 * The texts that must never be disclosed: parts of the token's claims and signature, the signing key, the payload. A
 * token's header only contains public data.
 */
export function secretsOf(token: string): readonly string[] {
  const [, claims = "", signature = ""] = token.split(".");
  const parts = [claims, signature].flatMap((part) => [part.slice(0, PART), part.slice(-PART)]);
  return [...parts.filter((part) => part.length === PART), FIRST_LINE_OF_KEY, CANARY];
}
