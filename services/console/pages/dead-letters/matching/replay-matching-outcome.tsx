import { ActionForm } from "../../../parts/form.tsx";
import { formatCount } from "../../../parts/numbers.ts";
import { FilterFields } from "../filter-fields.tsx";
import { type ShownFilter, listPage } from "../letter-filter.ts";
import { LetterLink } from "../../../parts/task-id.tsx";
import { REPLAY_MATCHING_PATH } from "./replay-matching-path.ts";
import type { ReplayedPages } from "./replay-pages.ts";
import { Scroll } from "../../../parts/table/scroll.tsx";
import { TableHead } from "../../../parts/table/table-head.tsx";

/** The result of one step of a replay by filter, and the button for the next step. */
export function ReplayMatchingOutcome(props: {
  readonly filter: ShownFilter;
  readonly pages: ReplayedPages;
  /** What was done, as a sentence. */
  readonly did: string;
  /** How many letters were replayed so far, including earlier steps. */
  readonly total: number;
}) {
  const { filter, pages, did, total } = props;
  const { replayed, failed, cursor, isMore, stoppedBy } = pages;
  return (
    <section>
      <h1>{did}</h1>
      {total > replayed ? <p>{formatCount(total)} in all.</p> : null}
      {stoppedBy === undefined ? null : (
        <p class="warn">
          It stopped early: {stoppedBy} Some more letters may have been replayed. Each is replayed once, so it is safe
          to go on.
        </p>
      )}
      {isMore ? (
        <ActionForm action={REPLAY_MATCHING_PATH}>
          <FilterFields filter={filter} />
          {cursor === undefined ? null : <input type="hidden" name="cursor" value={cursor} />}
          <input type="hidden" name="before" value={String(total)} />
          <p>
            <button class="primary">Go on</button>
          </p>
        </ActionForm>
      ) : null}
      {failed.length === 0 ? null : (
        <>
          <h2>Not replayed, or perhaps not</h2>
          <Scroll label="Those that failed">
            <table>
              <TableHead columns={["Letter", "Why"]} />
              <tbody data-rows="">
                {failed.map(({ id, problem }) => (
                  <tr>
                    <th scope="row">
                      <LetterLink id={id} />
                    </th>
                    <td>
                      {problem === undefined ? null : <code>{problem.code}</code>} {problem?.detail ?? problem?.title}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        </>
      )}
      <p>
        <a href={listPage({ ...filter, to: undefined })}>Back to the list</a>
      </p>
    </section>
  );
}
