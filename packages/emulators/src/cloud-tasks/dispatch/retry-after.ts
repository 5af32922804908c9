/**
 * Milliseconds to wait according to a response's Retry-After, which is in seconds or a date (RFC 9110, section 10.2.3).
 * Undefined when it is missing or invalid.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
