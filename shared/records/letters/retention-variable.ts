import { numberWithin } from "../../runtime/variables/number-within.ts";
import { DEFAULT_DEAD_LETTER_RETENTION_DAYS } from "./dead-letter.ts";

const DAY_MS = 24 * 60 * 60_000;
const MAX_DAYS = 3_650;

/** How long a dead letter is kept. */
export const retentionVariables = {
  DEAD_LETTER_RETENTION_DAYS: numberWithin({ from: 1, to: MAX_DAYS }).default(DEFAULT_DEAD_LETTER_RETENTION_DAYS),
};

/** The same in milliseconds. */
export function retentionMsOf(config: { readonly DEAD_LETTER_RETENTION_DAYS: number }): number {
  return config.DEAD_LETTER_RETENTION_DAYS * DAY_MS;
}
