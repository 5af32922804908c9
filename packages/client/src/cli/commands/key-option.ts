import { InvalidArgumentError } from "commander";
import { IDEMPOTENCY_KEY_FORM, isIdempotencyKey } from "../../../../../shared/contract/new-task/idempotency-key.ts";

/** @throws InvalidArgumentError for a text that can't be an idempotency key, or the start of one. */
export function readKey(text: string): string {
  if (isIdempotencyKey(text)) return text;
  throw new InvalidArgumentError(`It ${IDEMPOTENCY_KEY_FORM}.`);
}
