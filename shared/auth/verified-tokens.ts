import { createHash } from "node:crypto";

/** Tokens whose signature has been found good, so that a burst of deliveries with one token costs one check. */
export interface VerifiedTokens {
  has(token: string, nowMs: number): boolean;
  add(token: string, expiresAtMs: number): void;
}

const DEFAULT_MOST_TOKENS = 1_000;

/**
 * A bounded memory of tokens by their SHA-256, which forgets the one unused for longest.
 *
 * It outlasts the withdrawal of a signing key, by the token's remaining life (at most 65 min).
 *
 * @param most how many tokens are remembered; default 1,000.
 */
export function createVerifiedTokens(most = DEFAULT_MOST_TOKENS): VerifiedTokens {
  /** Hash → expiry; a Map keeps the order of insertion, so the first is the one unused for longest. */
  const expiries = new Map<string, number>();

  return {
    has(token, nowMs) {
      const hash = hashOf(token);
      const expiresAtMs = expiries.get(hash);
      if (expiresAtMs === undefined) return false;
      expiries.delete(hash);
      if (nowMs >= expiresAtMs) return false;
      expiries.set(hash, expiresAtMs);
      return true;
    },
    add(token, expiresAtMs) {
      expiries.set(hashOf(token), expiresAtMs);
      if (expiries.size <= most) return;
      const [unusedForLongest] = expiries.keys();
      if (unusedForLongest !== undefined) expiries.delete(unusedForLongest);
    },
  };
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
