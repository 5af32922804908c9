import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { createNameResolver, type NameResolver } from "../network/name-resolver.ts";
import { fetchKeySet, type KeySet } from "./fetch-key-set.ts";
import type { SignatureAlgorithm } from "./token-kinds.ts";

export type KeyLookup =
  | { readonly kind: "found"; readonly pem: string }
  /** The key server was asked recently and doesn't know this key. */
  | { readonly kind: "unknown-key" }
  /** No token can be judged: there are no keys at all, or this one is missing and the key server is failing. */
  | { readonly kind: "no-keys" };

/** The public keys of those who sign tokens, fetched when they are needed. */
export interface KeyCache {
  find(keyId: string): Promise<KeyLookup>;
}

const DEFAULT_MAX_AGE_MS = 3_600_000;
const MIN_AGE_MS = 60_000;
const MAX_AGE_MS = 86_400_000;
/** How much longer keys are used while the key server is failing. */
const STALE_USE_MS = 86_400_000;
/** The time between two fetches while there are keys, so that made-up key ids can't make us flood the server. */
const COOL_DOWN_MS = 30_000;
/** The time between two fetches while there are no keys, since nothing can be accepted until one succeeds. */
const COLD_COOL_DOWN_MS = 1_000;

/**
 * Keys from a key server, kept for the response's max-age (default 1 h, at least 1 min, at most 24 h).
 *
 * At most one fetch is in flight at a time. An unknown key id causes another, at most every 30 s. While the key server
 * is failing, keys are used for up to 24 h beyond their max-age. All times are monotonic: setting the wall clock back
 * must not lengthen a cool-down.
 *
 *     fetched ──── fresh ────▶ max-age ──── stale, refetched every 30 s ────▶ max-age + 24 h ──── no keys
 *
 * @param options.algorithm the algorithm that the keys sign with; default: RS256.
 * @param options.resolve how to resolve the server's name; default: by the hosts file and DNS.
 */
export function createKeyCache(options: {
  readonly url: string;
  readonly algorithm?: SignatureAlgorithm;
  readonly clock: Clock;
  readonly log: Logger;
  readonly resolve?: NameResolver;
}): KeyCache {
  const { url, algorithm = "RS256", clock, log, resolve = createNameResolver() } = options;
  let keys: KeySet = new Map();
  let freshUntilMs = -Infinity;
  let lastFetch = { endedAtMs: -Infinity, failed: false };
  let inFlight: Promise<void> | undefined;

  async function find(keyId: string): Promise<KeyLookup> {
    const fresh = clock.monotonic() < freshUntilMs;
    if (!fresh || !keys.has(keyId)) await refresh();
    const pem = usable() ? keys.get(keyId) : undefined;
    if (pem !== undefined) return { kind: "found", pem };
    return usable() && !lastFetch.failed ? { kind: "unknown-key" } : { kind: "no-keys" };
  }

  function usable(): boolean {
    return clock.monotonic() < freshUntilMs + STALE_USE_MS;
  }

  function refresh(): Promise<void> {
    const coolDownMs = usable() ? COOL_DOWN_MS : COLD_COOL_DOWN_MS;
    if (!inFlight && clock.monotonic() < lastFetch.endedAtMs + coolDownMs) return Promise.resolve();
    inFlight ??= fetchOnce().finally(() => (inFlight = undefined));
    return inFlight;
  }

  async function fetchOnce(): Promise<void> {
    const fetched = await fetchKeySet({ url, algorithm, clock, resolve });
    lastFetch = { endedAtMs: clock.monotonic(), failed: fetched.kind === "failed" };
    if (fetched.kind === "failed") {
      log.warn({ reason: fetched.reason, usable: usable() }, "the signing keys could not be fetched");
      return;
    }
    keys = fetched.keys;
    freshUntilMs = clock.monotonic() + boundedAgeMs(fetched.maxAgeMs);
  }

  return { find };
}

function boundedAgeMs(maxAgeMs = DEFAULT_MAX_AGE_MS): number {
  return Math.min(Math.max(maxAgeMs, MIN_AGE_MS), MAX_AGE_MS);
}
