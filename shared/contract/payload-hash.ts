import { CanonicalHasher } from "../json/canonical-hash.ts";

/**
 * The SHA-256, in hex, of a payload's canonical JSON (RFC 8785), so that the order of keys makes no difference.
 *
 * @throws NotJsonError when the payload isn't a JSON value, or contains half a surrogate pair, which has no canonical
 * form.
 */
export function hashPayload(payload: unknown): string {
  return new CanonicalHasher().hashOf(payload);
}
