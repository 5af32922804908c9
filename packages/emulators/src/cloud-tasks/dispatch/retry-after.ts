/**
 * Milliseconds that an answer's Retry-After asks to wait: seconds or a date (RFC 9110, section 10.2.3); undefined when
 * there is none, or one that says nothing.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
