import { createPublicKey, type KeyObject } from "node:crypto";
import type { LookupAddress } from "node:dns";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { Readable } from "node:stream";
import { readBounded } from "../http/bounded-body.ts";
import { openRequest } from "../http/bounded-request.ts";
import type { NameResolver } from "../network/name-resolver.ts";
import type { Clock } from "../runtime/clock.ts";
import { DeadlineError, cancelAtDeadline } from "../runtime/deadline.ts";
import type { SignatureAlgorithm } from "./token-kinds.ts";
import { isObject } from "../runtime/is-object.ts";

/** Public keys by key id, in PEM form. */
export type KeySet = ReadonlyMap<string, string>;

export type KeySetFetch =
  | { readonly kind: "fetched"; readonly keys: KeySet; readonly maxAgeMs: number | undefined }
  | { readonly kind: "failed"; readonly reason: KeySetFailure };

/** The location of the keys, and how to reach it. */
export interface KeyServer {
  readonly url: string;
  /** The algorithm that the keys sign with. */
  readonly algorithm: SignatureAlgorithm;
  readonly clock: Clock;
  readonly resolve: NameResolver;
}

/** Why there is no key set, as a code for the log. */
export type KeySetFailure =
  | "timeout"
  | "unreachable"
  | "status"
  | "redirect"
  | "too-large"
  | "not-json"
  | "no-usable-keys";

/** The keys that sign Google's identity tokens (https://cloud.google.com/docs/authentication/token-types#id). */
export const GOOGLE_CERTS_URL = "https://www.googleapis.com/oauth2/v1/certs";

/** The keys that sign IAP's assertions (https://cloud.google.com/iap/docs/signed-headers-howto#verifying_the_jwt_header). */
export const IAP_KEYS_URL = "https://www.gstatic.com/iap/verify/public_key";

const FETCH_TIMEOUT_MS = 2_000;
/** Google's key set is about 3 KiB. */
const MAX_BODY_BYTES = 64 * 1024;
/** The body on the wire, with the overhead of its chunks. */
const MAX_SENT_BYTES = 2 * MAX_BODY_BYTES;
const MAX_KEYS = 100;
const MIN_MODULUS_BITS = 2_048;
/** OpenSSL's name for the only curve of ES256 (https://www.rfc-editor.org/rfc/rfc7518#section-3.4). */
const P_256 = "prime256v1";

/**
 * Fetches the keys that tokens may be signed with: a JSON object of key id → PEM certificate or key, or a JWK set.
 * Gives up after 2 s or 64 KiB, follows no redirect, and drops keys that the algorithm can't use. Never throws.
 *
 * It doesn't use fetch, which would resolve the server's name in a thread pool that may be full (name-resolver.ts).
 */
export async function fetchKeySet({ url, algorithm, clock, resolve }: KeyServer): Promise<KeySetFetch> {
  try {
    return await cancelAtDeadline({ clock, timeoutMs: FETCH_TIMEOUT_MS }, (signal) =>
      fetchOnce(new URL(url), { algorithm, signal, resolve }),
    );
  } catch (error) {
    return failed(error instanceof DeadlineError ? "timeout" : "unreachable");
  }
}

async function fetchOnce(
  url: URL,
  { algorithm, signal, resolve }: { algorithm: SignatureAlgorithm; signal: AbortSignal; resolve: NameResolver },
): Promise<KeySetFetch> {
  const response = await get(url, { signal, addresses: await addressesOf(url, { signal, resolve }) });
  const { statusCode: status = 0, headers } = response;
  if (status >= 300 && status < 400) return failed("redirect");
  if (status < 200 || status >= 300) return failed("status");
  const body = await readBounded(
    { headers: new Headers({ "content-length": headers["content-length"] ?? "0" }), body: Readable.toWeb(response) },
    MAX_BODY_BYTES,
  );
  if (body.kind === "too-large") return failed("too-large");
  if (body.kind === "broken-off") return failed("unreachable");
  const keys = parseKeySet(body.bytes, algorithm);
  if (typeof keys === "string") return failed(keys);
  return { kind: "fetched", keys, maxAgeMs: maxAgeMsOf(headers["cache-control"] ?? null) };
}

async function addressesOf(
  { hostname }: URL,
  { signal, resolve }: { signal: AbortSignal; resolve: NameResolver },
): Promise<readonly LookupAddress[]> {
  const isAddress = isIP(hostname.replace(/^\[(.*)\]$/, "$1")) !== 0;
  return isAddress ? [] : await resolve(hostname, { signal });
}

/** The response, with its body still unread. The signal destroys it. */
function get(
  url: URL,
  { signal, addresses }: { signal: AbortSignal; addresses: readonly LookupAddress[] },
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { accept: "application/json" };
  const request = openRequest(url, { method: "GET", headers, addresses, signal, maxBodyBytes: MAX_SENT_BYTES });
  request.once("response", resolve);
  request.on("error", reject);
  request.once("close", () => reject(new Error("The connection closed before a response.")));
  request.end();
  return promise;
}

function failed(reason: KeySetFailure): KeySetFetch {
  return { kind: "failed", reason };
}

function parseKeySet(body: Uint8Array, algorithm: SignatureAlgorithm): KeySet | KeySetFailure {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return "not-json";
  }
  const keys = new Map<string, string>();
  for (const [keyId, material] of entriesOf(content).slice(0, MAX_KEYS)) {
    const pem = usablePem(material, algorithm);
    if (pem !== undefined) keys.set(keyId, pem);
  }
  return keys.size > 0 ? keys : "no-usable-keys";
}

/** The key ids with their material: the members of a JWK set, or of an object of PEM texts. */
function entriesOf(content: unknown): [keyId: string, material: unknown][] {
  if (!isObject(content)) return [];
  const { keys } = content;
  if (!Array.isArray(keys)) return Object.entries(content);
  return keys.flatMap((key: unknown): [string, unknown][] =>
    isObject(key) && typeof key["kid"] === "string" ? [[key["kid"], key]] : [],
  );
}

/**
 * The material as a PEM public key, if the algorithm can use it. Other kinds of keys must be dropped here: the
 * signature check chooses its algorithm by the kind of key, so an elliptic-curve key would turn RS256 into something
 * else.
 */
function usablePem(material: unknown, algorithm: SignatureAlgorithm): string | undefined {
  const key = publicKeyFrom(material);
  return key && isFor[algorithm](key) ? key.export({ type: "spki", format: "pem" }).toString() : undefined;
}

const isFor: Readonly<Record<SignatureAlgorithm, (key: KeyObject) => boolean>> = {
  RS256: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
    asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_MODULUS_BITS,
  ES256: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
    asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === P_256,
};

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
