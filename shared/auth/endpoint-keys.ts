import { createHash, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";
import type { Master } from "./webhook-masters.ts";

/** A receiver of webhooks: an endpoint that the caller names, or else the URL. */
export interface Endpoint {
  readonly endpointId?: string | undefined;
  readonly url: string;
}

/** The schemes of Standard Webhooks: HMAC-SHA256 and Ed25519. */
export type SignatureScheme = "v1" | "v1a";

const KEY_BYTES = 32;

/** The prefix of Ed25519 private keys in PKCS #8; 32 key bytes follow (https://www.rfc-editor.org/rfc/rfc8410). */
const ED25519_PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** An endpoint's key for HMAC-SHA256: the bytes that `endpointSecret` encodes. */
export function endpointHmacKey(master: Master, endpoint: Endpoint): Uint8Array {
  return derive(master, "v1", endpoint);
}

/** An endpoint's secret in the form that every Standard Webhooks library accepts: `whsec_` and base64. */
export function endpointSecret(master: Master, endpoint: Endpoint): string {
  return `whsec_${Buffer.from(endpointHmacKey(master, endpoint)).toString("base64")}`;
}

/** An endpoint's private key for Ed25519. */
export function endpointSigningKey(master: Master, endpoint: Endpoint): KeyObject {
  const key = Buffer.concat([ED25519_PKCS8_PREFIX, derive(master, "v1a", endpoint)]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** An endpoint's public key for Ed25519 in the form of Standard Webhooks: `whpk_` and base64. */
export function endpointPublicKey(master: Master, endpoint: Endpoint): string {
  const { x = "" } = createPublicKey(endpointSigningKey(master, endpoint)).export({ format: "jwk" });
  return `whpk_${Buffer.from(x, "base64url").toString("base64")}`;
}

/**
 * HKDF-SHA256 (https://www.rfc-editor.org/rfc/rfc5869) of the master, without a salt. The info names the scheme and the
 * endpoint, so no key reveals anything about another:
 *
 *     "handoff webhook " scheme " " hex(sha256("id " endpointId))
 *     "handoff webhook " scheme " " hex(sha256("url " URL without query and fragment))
 */
function derive(master: Master, scheme: SignatureScheme, endpoint: Endpoint): Uint8Array {
  const name = createHash("sha256").update(nameOf(endpoint)).digest("hex");
  return new Uint8Array(hkdfSync("sha256", master, "", `handoff webhook ${scheme} ${name}`, KEY_BYTES));
}

/**
 * The origin alone wouldn't do as a name, since several tenants may share one. A query often holds a token that
 * changes. The rest is compared as URL normalises it: `HTTPS://Example.com:443/a/../hook` is
 * `https://example.com/hook`, but `https://example.com/hook/` is another endpoint.
 */
function nameOf({ endpointId, url }: Endpoint): string {
  if (endpointId !== undefined) return `id ${endpointId}`;
  const { origin, pathname } = new URL(url);
  return `url ${origin}${pathname}`;
}
