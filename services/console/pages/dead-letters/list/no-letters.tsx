import type { LetterSummary } from "../../../../../packages/client/src/views/dead-letter.ts";
import { Empty } from "../../../parts/try-it.tsx";
import { LETTERS_PATH, type ShownFilter, describeFilter, isNarrowed } from "../letter-filter.ts";

/** Shown in place of an empty list. */
export function NoLetters(props: {
  readonly filter: ShownFilter;
  readonly summary: LetterSummary;
  /** Whether there is a next page, with letters that haven't expired. */
  readonly isMore: boolean;
  readonly producerUrl: string;
}) {
  const { filter, summary, isMore, producerUrl } = props;
  if (isMore) return <Empty>The letters on this page have expired. The next page continues.</Empty>;
  if (isNarrowed(filter)) {
    return (
      <Empty>
        No {filter.status} dead letter fits: {describeFilter(filter)}. <a href={LETTERS_PATH}>Show all open ones</a>
      </Empty>
    );
  }
  if (filter.status === "replayed") {
    return (
      <Empty>
        No dead letter has been replayed. <a href={LETTERS_PATH}>Show the open ones</a>
      </Empty>
    );
  }
  if (summary.items.length > 0) return <Empty>There are no more open dead letters.</Empty>;
  return (
    <Empty command={`npx handoff dead list --url ${producerUrl}`}>
      No dead letter is open: nothing has been given up. A task whose attempts have all failed, or whose handler says
      that trying again is no use, will be here, with what it died of. On the command line:
    </Empty>
  );
}
