/** A master secret, as bytes. Each endpoint's own keys are derived from it; it signs nothing itself. */
export type Master = Uint8Array;

export type MastersRead =
  | { readonly ok: true; readonly masters: readonly Master[] }
  /** The problem is worded to follow the variable's name, and doesn't quote its value. */
  | { readonly ok: false; readonly problem: string };

/** Standard Webhooks requires 24 to 64 bytes (https://github.com/standard-webhooks/standard-webhooks). */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** One, or a new and an old one. */
const MAX_MASTERS = 2;

const PREFIX = "whsec_";
const FORM = `${PREFIX} and ${MIN_BYTES} to ${MAX_BYTES} bytes in base64`;

/**
 * Reads one master secret, or two separated by a space, the newer first. Each is `whsec_` and the canonical base64 of
 * 24 to 64 bytes.
 */
export function readMasters(text: string): MastersRead {
  const parts = text.split(" ");
  if (parts.length > MAX_MASTERS) {
    return problem(`must be one secret, or two with a space between them, and has ${parts.length}`);
  }
  const masters: Master[] = [];
  for (const [index, part] of parts.entries()) {
    const which = parts.length === 1 ? "it" : `the ${index === 0 ? "first" : "second"}`;
    const bytes = decoded(part);
    if (bytes === undefined) return problem(`must be ${FORM}; ${which} is something else`);
    if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) {
      return problem(`must be ${FORM}; ${which} has ${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"}`);
    }
    masters.push(bytes);
  }
  return { ok: true, masters };
}

function problem(sentence: string): MastersRead {
  return { ok: false, problem: sentence };
}

/** Buffer skips characters that aren't base64, so only text that it would write itself is accepted. */
function decoded(part: string): Buffer | undefined {
  if (!part.startsWith(PREFIX)) return undefined;
  const base64 = part.slice(PREFIX.length);
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? bytes : undefined;
}
