import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";

/** Tokens whose signatures were found valid, so that a burst of deliveries with one token costs one check. */
export interface VerifiedTokens {
  has(token: string, nowMs: number): boolean;
  add(token: string, expiresAtMs: number): void;
}

const DEFAULT_MAX_TOKENS = 1_000;

/**
 * Remembers tokens by their SHA-256 until they expire. When full, it forgets the least recently used one.
 *
 * If a token's signing key is withdrawn, the token is still remembered until it expires (at most 65 min).
 *
 * @param max how many tokens to remember; default 1,000.
 */
export function createVerifiedTokens(max = DEFAULT_MAX_TOKENS): VerifiedTokens {
  // No ttl: that would use the cache's own clock, and the caller supplies one.
  const expiries = new LRUCache<string, number>({ max });

  return {
    has(token, nowMs) {
      const known = hashOf(token);
      const expiresAtMs = expiries.get(known);
      if (expiresAtMs === undefined) return false;
      if (nowMs < expiresAtMs) return true;
      expiries.delete(known);
      return false;
    },
    add(token, expiresAtMs) {
      expiries.set(hashOf(token), expiresAtMs);
    },
  };
}

function hashOf(token: string): string {
  return hash("sha256", token, "base64url");
}
