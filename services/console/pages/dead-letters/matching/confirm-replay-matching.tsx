import type { DeadLetter } from "../../../../../packages/client/src/views/dead-letter.ts";
import { ConfirmAction } from "../../../parts/confirm-action.tsx";
import { formatCount } from "../../../parts/numbers.ts";
import { Empty } from "../../../parts/try-it.tsx";
import { countLetters } from "../count-letters.ts";
import { FilterFields } from "../filter-fields.tsx";
import { type ShownFilter, describeFilter } from "../letter-filter.ts";
import { LetterList } from "../letter-list.tsx";
import { LetterLink } from "../../../parts/task-id.tsx";
import { type DryRun, type Failing, MAX_COUNTED } from "./dry-run.ts";
import { REPLAY_MATCHING_PATH } from "./replay-matching-path.ts";

interface Asked {
  /** The filter, ending at the time when the letters were counted. */
  readonly filter: ShownFilter;
  readonly dryRun: DryRun;
  /** The first letters that match. */
  readonly letters: readonly DeadLetter[];
  readonly back: string;
}

/** Says what replaying all matching letters would do, and asks for confirmation. */
export function ConfirmReplayMatching({ filter, dryRun, letters, back }: Asked) {
  const { replayable, failing, isComplete } = dryRun;
  if (replayable === 0 && isComplete) return <NothingToReplay {...{ filter, failing, back }} />;
  const count = countLetters(replayable);
  const { to: _to, ...by } = filter;
  return (
    <ConfirmAction
      title={isComplete ? `Replay ${count}?` : `Replay at least ${count}?`}
      action={REPLAY_MATCHING_PATH}
      label={isComplete ? `Replay ${count}` : "Replay all that match"}
      back={back}
      isDangerous={false}
    >
      <p>
        The open ones that fit: <b>{describeFilter(by) ?? "all types and codes"}</b>. Each becomes a new task of its
        type, with its payload, a new id, and attempts that count from 0. Nothing has been replayed yet. Letters that
        die from now on are left alone.
      </p>
      {isComplete ? null : (
        <p class="warn">
          There are more. Up to {formatCount(MAX_COUNTED)} are counted, for about ten seconds: {formatCount(replayable)}{" "}
          of those can be replayed.
        </p>
      )}
      <FailingLetters failing={failing} />
      <h2>{letters.length < replayable ? `The newest ${letters.length}` : "Which these are"}</h2>
      <LetterList letters={letters} />
      <FilterFields filter={filter} />
    </ConfirmAction>
  );
}

function NothingToReplay(props: {
  readonly filter: ShownFilter;
  readonly failing: readonly Failing[];
  readonly back: string;
}) {
  const { filter, failing, back } = props;
  const { to: _to, ...by } = filter;
  return (
    <>
      <h1>Nothing to replay</h1>
      <Empty>
        No open dead letter that fits can be replayed: {describeFilter(by) ?? "all types and codes"}.{" "}
        <a href={back}>Back to the list</a>
      </Empty>
      <FailingLetters failing={failing} />
    </>
  );
}

/** How many letters that can't be replayed are named for each reason. */
const NAMED = 5;

function FailingLetters({ failing }: { readonly failing: readonly Failing[] }) {
  if (failing.length === 0) return null;
  return (
    <>
      <h2>These can't be replayed</h2>
      <ul>
        {failing.map(({ code, detail, ids }) => (
          <li>
            {formatCount(ids.length)} × <code>{code}</code>: {detail} Such as{" "}
            {ids.slice(0, NAMED).map((id) => (
              <>
                <LetterLink id={id} />{" "}
              </>
            ))}
          </li>
        ))}
      </ul>
    </>
  );
}
