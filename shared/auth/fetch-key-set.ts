import { createPublicKey, type KeyObject } from "node:crypto";
import type { Clock } from "../runtime/clock.ts";

/** Public RSA keys by key id, in PEM form. */
export type KeySet = ReadonlyMap<string, string>;

export type KeySetFetch =
  | { readonly kind: "fetched"; readonly keys: KeySet; readonly maxAgeMs: number | undefined }
  | { readonly kind: "failed"; readonly reason: KeySetFailure };

/** Why there is no key set; fit for a log. */
export type KeySetFailure =
  | "timeout"
  | "unreachable"
  | "status"
  | "redirect"
  | "too-large"
  | "not-json"
  | "no-usable-keys";

/** Google's identity tokens are signed by one of these keys (https://cloud.google.com/docs/authentication/token-types#id). */
export const GOOGLE_CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs";

const FETCH_TIMEOUT_MS = 2_000;
/** Google's answer has about 3 KiB. */
const MAX_BODY_BYTES = 64 * 1024;
const MOST_KEYS = 100;
const LEAST_MODULUS_BITS = 2_048;

/**
 * Fetches the keys that tokens may be signed with: a JSON object of key id → PEM certificate or key, or a JWK set.
 * Gives up after 2 s or 64 KiB, follows no redirect and leaves out keys that RS256 can't use. Never throws.
 */
export async function fetchKeySet(source: { url: string; clock: Clock }): Promise<KeySetFetch> {
  const abort = new AbortController();
  const timer = source.clock.setTimer(FETCH_TIMEOUT_MS, () => abort.abort());
  try {
    const response = await fetch(source.url, { signal: abort.signal, redirect: "manual" });
    const body = await readAnswer(response);
    if (!Buffer.isBuffer(body)) {
      abort.abort();
      return { kind: "failed", reason: body };
    }
    return keySetFrom(body, maxAgeMsOf(response.headers.get("cache-control")));
  } catch {
    return { kind: "failed", reason: abort.signal.aborted ? "timeout" : "unreachable" };
  } finally {
    timer.cancel();
  }
}

async function readAnswer(response: Response): Promise<Buffer | KeySetFailure> {
  if (response.status >= 300 && response.status < 400) return "redirect";
  if (!response.ok) return "status";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return "too-large";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function keySetFrom(body: Buffer, maxAgeMs: number | undefined): KeySetFetch {
  let content: unknown;
  try {
    content = JSON.parse(body.toString("utf8"));
  } catch {
    return { kind: "failed", reason: "not-json" };
  }
  const keys = new Map<string, string>();
  for (const [keyId, material] of entriesOf(content).slice(0, MOST_KEYS)) {
    const pem = usablePem(material);
    if (pem !== undefined) keys.set(keyId, pem);
  }
  return keys.size > 0 ? { kind: "fetched", keys, maxAgeMs } : { kind: "failed", reason: "no-usable-keys" };
}

/** Key ids with their material: the members of a JWK set, or of an object of PEM texts. */
function entriesOf(content: unknown): [keyId: string, material: unknown][] {
  if (!isObject(content)) return [];
  const { keys } = content;
  if (!Array.isArray(keys)) return Object.entries(content);
  return keys.flatMap((key: unknown): [string, unknown][] =>
    isObject(key) && typeof key["kid"] === "string" ? [[key["kid"], key]] : [],
  );
}

/**
 * The material as a PEM public key, if RS256 can use it. A key of another kind must not get further: the signature
 * check downstream goes by the key's kind, so an elliptic one would turn RS256 into another algorithm.
 */
function usablePem(material: unknown): string | undefined {
  const key = publicKeyFrom(material);
  if (key?.asymmetricKeyType !== "rsa") return undefined;
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_MODULUS_BITS) return undefined;
  return key.export({ type: "spki", format: "pem" }).toString();
}

function publicKeyFrom(material: unknown): KeyObject | undefined {
  try {
    if (typeof material === "string") return createPublicKey(material);
    if (!isObject(material) || (material["use"] ?? "sig") !== "sig") return undefined;
    return createPublicKey({ key: material, format: "jwk" });
  } catch {
    return undefined;
  }
}

function maxAgeMsOf(cacheControl: string | null): number | undefined {
  const seconds = /(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,])/i.exec(cacheControl ?? "")?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
