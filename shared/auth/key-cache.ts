import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { fetchKeySet, type KeySet } from "./fetch-key-set.ts";

export type KeyLookup =
  | { readonly kind: "found"; readonly pem: string }
  /** The key server was asked lately and doesn't know this key. */
  | { readonly kind: "unknown-key" }
  /** Nothing can be said about any token: there are no keys, or the one wanted is missing and the key server fails. */
  | { readonly kind: "no-keys" };

/** The public keys that tokens are signed with, fetched when they are needed. */
export interface KeyCache {
  find(keyId: string): Promise<KeyLookup>;
}

const DEFAULT_MAX_AGE_MS = 3_600_000;
const SHORTEST_MAX_AGE_MS = 60_000;
const LONGEST_MAX_AGE_MS = 86_400_000;
/** How long keys outlive their age while the key server fails. */
const STALE_USE_MS = 86_400_000;
/** Between two fetches while there are keys to go on with, so that made-up key ids can't make us a burden. */
const COOL_DOWN_MS = 30_000;
/** Between two fetches while there are none: nothing can be accepted before one works. */
const COLD_COOL_DOWN_MS = 1_000;

/**
 * Keys from a key server, kept for the answer's max-age (1 h by default, at least 1 min, at most 24 h).
 *
 * There is at most one fetch at a time. An unknown key id causes another fetch, but at most one in 30 s. While the key
 * server fails, the keys are used for up to 24 h beyond their age.
 *
 *     fetched ──── fresh ────▶ max-age ──── stale, refetched each 30 s ────▶ max-age + 24 h ──── no keys
 */
export function createKeyCache(options: { url: string; clock: Clock; log: Logger }): KeyCache {
  const { url, clock, log } = options;
  let keys: KeySet = new Map();
  let freshUntilMs = -Infinity;
  let lastFetch = { endedAtMs: -Infinity, failed: false };
  let underWay: Promise<void> | undefined;

  async function find(keyId: string): Promise<KeyLookup> {
    const fresh = clock.now() < freshUntilMs;
    if (!fresh || !keys.has(keyId)) await refresh();
    const pem = usable() ? keys.get(keyId) : undefined;
    if (pem !== undefined) return { kind: "found", pem };
    return usable() && !lastFetch.failed ? { kind: "unknown-key" } : { kind: "no-keys" };
  }

  function usable(): boolean {
    return clock.now() < freshUntilMs + STALE_USE_MS;
  }

  function refresh(): Promise<void> {
    const coolDownMs = usable() ? COOL_DOWN_MS : COLD_COOL_DOWN_MS;
    if (!underWay && clock.now() < lastFetch.endedAtMs + coolDownMs) return Promise.resolve();
    underWay ??= fetchOnce().finally(() => (underWay = undefined));
    return underWay;
  }

  async function fetchOnce(): Promise<void> {
    const fetched = await fetchKeySet({ url, clock });
    lastFetch = { endedAtMs: clock.now(), failed: fetched.kind === "failed" };
    if (fetched.kind === "failed") {
      log.warn({ reason: fetched.reason, usable: usable() }, "The keys for tokens could not be fetched");
      return;
    }
    keys = fetched.keys;
    freshUntilMs = clock.now() + boundedAgeMs(fetched.maxAgeMs);
  }

  return { find };
}

function boundedAgeMs(maxAgeMs = DEFAULT_MAX_AGE_MS): number {
  return Math.min(Math.max(maxAgeMs, SHORTEST_MAX_AGE_MS), LONGEST_MAX_AGE_MS);
}
