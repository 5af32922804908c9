const PATTERN = /^[\x21-\x7e]{1,255}$/;

/** Whether a header's value can be an idempotency key: 1 to 255 visible ASCII characters, no spaces. */
export function isIdempotencyKey(value: string): boolean {
  return PATTERN.test(value);
}
