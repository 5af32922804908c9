import { formatCount } from "../../parts/numbers.ts";

/** A number of letters as text, such as `1 dead letter` and `1,200 dead letters`. */
export function countLetters(count: number): string {
  return count === 1 ? "1 dead letter" : `${formatCount(count)} dead letters`;
}
