export const IDEMPOTENCY_KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;

/** The rule for idempotency keys, as the end of a sentence. */
export const IDEMPOTENCY_KEY_FORM = "must be 1 to 255 visible ASCII characters, without spaces";

/** Whether a text can be an idempotency key: 1 to 255 visible ASCII characters, no spaces. */
export function isIdempotencyKey(text: string): boolean {
  return IDEMPOTENCY_KEY_PATTERN.test(text);
}
