import type { LetterSummary } from "../../../../packages/client/src/views/dead-letter.ts";
import { formatCount } from "../../parts/numbers.ts";
import { withQuery } from "../../parts/pager.tsx";

/** The number of a type's open dead letters, as a link to them. The summary counts the newest 1,000 of all types. */
export function OpenLetters({ type, letters }: { readonly type: string; readonly letters: LetterSummary }) {
  const count = letters.items.filter((item) => item.type === type).reduce((sum, item) => sum + item.count, 0);
  if (count === 0) return <>{letters.complete ? "none" : "none of the newest 1,000"}</>;
  return (
    <a href={withQuery("/dead-letters", { type })}>
      {letters.complete ? formatCount(count) : `at least ${formatCount(count)}`}
    </a>
  );
}
