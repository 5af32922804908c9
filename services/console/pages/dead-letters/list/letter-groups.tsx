import type { LetterSummary } from "../../../../../packages/client/src/views/dead-letter.ts";
import { formatCount } from "../../../parts/numbers.ts";
import { withQuery } from "../../../parts/pager.tsx";
import { LETTERS_PATH, type ShownFilter } from "../letter-filter.ts";

/** How many groups are shown at once. */
const SHOWN = 12;

type Group = LetterSummary["items"][number];

/** The number of open letters by type and code. Each group links to its letters, and the selected one back to all. */
export function LetterGroups(props: { readonly summary: LetterSummary; readonly filter: ShownFilter }) {
  const { summary, filter } = props;
  const { items, complete } = summary;
  if (items.length === 0) return null;
  const total = items.reduce((sum, { count }) => sum + count, 0);
  const [shown, more] = [items.slice(0, SHOWN), items.slice(SHOWN)];
  return (
    <section class="groups" aria-labelledby="groups">
      <h2 id="groups">
        {complete ? "" : "The newest "}
        {formatCount(total)} open, by type and code
      </h2>
      <Groups groups={shown} filter={filter} />
      {more.length === 0 ? null : (
        <details id="more-groups">
          <summary>{formatCount(more.length)} more</summary>
          <Groups groups={more} filter={filter} />
        </details>
      )}
      {complete ? null : <p class="quiet">There are more open letters, which aren't counted here.</p>}
    </section>
  );
}

function Groups({ groups, filter }: { readonly groups: readonly Group[]; readonly filter: ShownFilter }) {
  return (
    <ul>
      {groups.map(({ type, code, count }) => {
        const isChosen = filter.status === "open" && filter.type === type && filter.code === code;
        return (
          <li>
            <a
              href={isChosen ? LETTERS_PATH : withQuery(LETTERS_PATH, { type, code })}
              aria-current={isChosen ? "true" : undefined}
            >
              <b class="number">{formatCount(count)}</b> {type} <code>{code}</code>
              {isChosen ? <span class="quiet"> × show all</span> : null}
            </a>
          </li>
        );
      })}
    </ul>
  );
}
