import type { DeadLetter } from "../../../../../packages/client/src/views/dead-letter.ts";
import { usePermission } from "../../../parts/form.tsx";
import { formatCount } from "../../../parts/numbers.ts";
import { TaskLink, letterPage } from "../../../parts/task-id.tsx";
import { Time } from "../../../parts/time.tsx";
import { withQuery } from "../../../parts/pager.tsx";
import { FilterFields } from "../filter-fields.tsx";
import { REPLAY_MATCHING_PATH } from "../matching/replay-matching-path.ts";
import { type ShownFilter, filterQuery } from "../letter-filter.ts";
import { DELETE_SELECTED, LETTER_FIELD, REPLAY_SELECTED } from "../selected/selected-paths.ts";
import { cutMessage } from "../cut-message.ts";
import { Scroll } from "../../../parts/table/scroll.tsx";
import { TableHead } from "../../../parts/table/table-head.tsx";

interface RowsProps {
  readonly letters: readonly DeadLetter[];
  readonly filter: ShownFilter;
}

/** A page of letters. People with permission can select letters and act on them. */
export function LetterRows({ letters, filter }: RowsProps) {
  const mayReplay = usePermission("replay dead letters") && filter.status === "open";
  const mayDelete = usePermission("delete dead letters");
  if (!mayReplay && !mayDelete) return <LetterTable letters={letters} isSelectable={false} />;
  return (
    <form method="get" action={mayReplay ? REPLAY_SELECTED : DELETE_SELECTED}>
      <FilterFields filter={filter} />
      <div class="actions">
        {mayReplay ? <button formaction={REPLAY_SELECTED}>Replay selected…</button> : null}
        {mayDelete ? (
          <button class="danger" formaction={DELETE_SELECTED}>
            Delete selected…
          </button>
        ) : null}
        {mayReplay ? (
          <a class="button" href={withQuery(REPLAY_MATCHING_PATH, filterQuery(filter))}>
            Replay all that match…
          </a>
        ) : null}
      </div>
      <LetterTable letters={letters} isSelectable />
    </form>
  );
}

function LetterTable(props: { readonly letters: readonly DeadLetter[]; readonly isSelectable: boolean }) {
  const { letters, isSelectable } = props;
  return (
    <Scroll label="Dead letters">
      <table class="letters">
        <TableHead
          columns={[
            isSelectable ? { unseen: "Select" } : undefined,
            "Type",
            "Died of",
            { numbers: "Attempts" },
            "Died",
            "Caller",
            "Task",
          ]}
        />
        <tbody data-rows="">
          {letters.map((letter) => (
            <LetterRow letter={letter} isSelectable={isSelectable} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function LetterRow({ letter, isSelectable }: { readonly letter: DeadLetter; readonly isSelectable: boolean }) {
  const { id, taskId, type, code, message, attempts, diedAt, caller } = letter;
  // A letter's id can be any text, and the script finds elements by their ids.
  const part = encodeURIComponent(id);
  return (
    <tr id={`letter-${part}`}>
      {isSelectable ? (
        <td>
          <input type="checkbox" id={`select-${part}`} name={LETTER_FIELD} value={id} aria-label={`Select ${id}`} />
        </td>
      ) : null}
      <th scope="row">
        <a href={letterPage(id)}>{type}</a>
      </th>
      <td class="died-of">
        <code>{code}</code> <span class="quiet">{cutMessage(message)}</span>
      </td>
      <td class="number">{formatCount(attempts)}</td>
      <td>
        <Time at={diedAt} />
      </td>
      <td class="caller">{caller ?? <span class="none">–</span>}</td>
      <td>
        <TaskLink id={taskId} />
      </td>
    </tr>
  );
}
