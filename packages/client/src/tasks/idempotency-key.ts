import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../../shared/contract/new-task/idempotency-key.ts";

export { IDEMPOTENCY_KEY_FORM, isIdempotencyKey };

/**
 * The key that a call was given, or a random one.
 *
 * @throws TypeError when the given key is malformed.
 */
export function keyOf(given: string | undefined): string {
  if (given === undefined) return crypto.randomUUID();
  if (isIdempotencyKey(given)) return given;
  throw new TypeError(`idempotencyKey ${IDEMPOTENCY_KEY_FORM}.`);
}
