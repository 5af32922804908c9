import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";

/** Tokens whose signature was found to be good, so that a burst of deliveries with one token costs one check. */
export interface VerifiedTokens {
  has(token: string, nowMs: number): boolean;
  add(token: string, expiresAtMs: number): void;
}

const DEFAULT_MAX_TOKENS = 1_000;

/**
 * Remembers tokens by their SHA-256 until they expire. When full, it forgets the least recently used one.
 *
 * A token stays remembered when its signing key is withdrawn, for as long as it is valid (at most 65 min).
 *
 * @param max how many tokens to remember; default 1,000.
 */
export function createVerifiedTokens(max = DEFAULT_MAX_TOKENS): VerifiedTokens {
  // No ttl: it goes by the cache's own clock, and the caller brings one.
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
