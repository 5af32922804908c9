const MAX_RETRY_AFTER_MS = 3_600_000;

const SECONDS_PATTERN = /^\d{1,10}$/;
/** The only date format that a sender may use (https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7). */
const DATE_PATTERN = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * The wait that a Retry-After header requests, in milliseconds, at most 1 h. Undefined if it is missing, malformed,
 * zero or in the past. `nowMs` is in milliseconds since the epoch.
 */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | undefined {
  const requestedMs = requestedMsOf(header?.trim() ?? "", nowMs);
  return requestedMs > 0 ? Math.min(requestedMs, MAX_RETRY_AFTER_MS) : undefined;
}

function requestedMsOf(text: string, nowMs: number): number {
  if (SECONDS_PATTERN.test(text)) return Number(text) * 1_000;
  return DATE_PATTERN.test(text) ? Date.parse(text) - nowMs : 0;
}
