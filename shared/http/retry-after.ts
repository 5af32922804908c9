const LONGEST_RETRY_AFTER_MS = 3_600_000;

const SECONDS_PATTERN = /^\d{1,10}$/;
/** The one form of a date that senders may use (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7). */
const DATE_PATTERN = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The milliseconds that a Retry-After header asks for, at most 1 h; undefined where it asks for nothing: when it is
 * missing, malformed, zero or in the past.
 */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | undefined {
  const askedMs = askedForMs(header?.trim() ?? "", nowMs);
  return askedMs > 0 ? Math.min(askedMs, LONGEST_RETRY_AFTER_MS) : undefined;
}

function askedForMs(text: string, nowMs: number): number {
  if (SECONDS_PATTERN.test(text)) return Number(text) * 1_000;
  return DATE_PATTERN.test(text) ? Date.parse(text) - nowMs : 0;
}
