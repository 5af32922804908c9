import { hash } from "node:crypto";
import { readCanonical } from "../json/canonical-text.ts";

/**
 * The SHA-256, in hex, of a payload's canonical JSON (RFC 8785), so the order of keys makes no difference.
 *
 * @throws TypeError when the payload isn't a JSON value, or contains a lone surrogate, which has no canonical form.
 */
export function hashPayload(payload: unknown): string {
  const { canonical, isSound } = readCanonical(JSON.stringify(payload, refuseOther));
  if (!isSound) throw new TypeError("A text has half a surrogate pair.");
  return hashCanonical(canonical);
}

/** The hash of a payload that is canonical JSON already. */
export function hashCanonical(json: string): string {
  return hash("sha256", json);
}

/** JSON.stringify would leave these out or change them silently. */
function refuseOther(_name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("A number isn't finite.");
  if (!["string", "number", "boolean", "object"].includes(typeof value)) {
    throw new TypeError(`JSON has no ${typeof value}.`);
  }
  return value;
}
