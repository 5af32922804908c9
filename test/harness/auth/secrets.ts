import { KEY } from "./token-rules.ts";

/** Stands in every payload of hostile tests; must stand in no answer and in no log line. */
export const CANARY = "payload-canary-4711";

const PART = 40;

/**
 * What nobody may say: parts of the token's claims and signature, the key that signs, the payload. A token's header says
 * nothing that isn't public.
 */
export function secretsOf(token: string): readonly string[] {
  const [, claims = "", signature = ""] = token.split(".");
  const [, firstLineOfKey = ""] = KEY.privateKey.export({ type: "pkcs8", format: "pem" }).toString().split("\n");
  const parts = [claims, signature].flatMap((part) => [part.slice(0, PART), part.slice(-PART)]);
  return [...parts.filter((part) => part.length === PART), firstLineOfKey, CANARY];
}
