import canonicalize from "canonicalize";
import { createHash } from "node:crypto";

/**
 * The SHA-256, in hex, of a payload's canonical JSON (RFC 8785), so that the order of keys makes no difference.
 *
 * @throws TypeError when the payload isn't a JSON value, or contains half a surrogate pair, which has no canonical
 * form.
 */
export function hashPayload(payload: unknown): string {
  const text = canonicalText(payload);
  if (text === undefined) throw new TypeError("A payload must be a JSON value.");
  return createHash("sha256").update(text).digest("hex");
}

function canonicalText(payload: unknown): string | undefined {
  try {
    return canonicalize(payload);
  } catch (cause) {
    throw new TypeError("A payload must be a JSON value of whole characters and finite numbers.", { cause });
  }
}
