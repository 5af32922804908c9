import { ActionForm } from "../../../parts/form.tsx";
import { LetterLink, TaskLink } from "../../../parts/task-id.tsx";
import { FilterFields } from "../filter-fields.tsx";
import { type ShownFilter, listPage } from "../letter-filter.ts";
import type { LetterOutcome, SelectedLetter } from "./act-on-each.ts";
import type { SelectedAction } from "./selected-actions.ts";
import { fieldOf } from "./selected-letters.ts";
import { LETTER_FIELD } from "./selected-paths.ts";
import { Scroll } from "../../../parts/scroll.tsx";

interface Result {
  readonly letter: SelectedLetter;
  readonly outcome: LetterOutcome;
}

/** The result for each selected letter, if they differ. Letters that may not have been handled can be tried again. */
export function SelectedOutcome(props: {
  readonly action: SelectedAction;
  readonly results: readonly Result[];
  readonly filter: ShownFilter;
  /** What was done, as a sentence. */
  readonly did: string;
}) {
  const { action, results, filter, did } = props;
  const again = results.filter(({ outcome }) => outcome.kind === "unclear" || outcome.kind === "left");
  return (
    <section>
      <h1>{did}</h1>
      {again.length === 0 ? null : (
        <ActionForm action={action.path}>
          <p>It is safe to go on: what was {action.done} already stays so.</p>
          {again.map(({ letter }) => (
            <input type="hidden" name={LETTER_FIELD} value={fieldOf(letter)} />
          ))}
          <FilterFields filter={filter} />
          <p>
            <button class="primary">Go on with the other {again.length}</button>
          </p>
        </ActionForm>
      )}
      <Scroll label="What became of each">
        <table>
          <thead>
            <tr>
              <th scope="col">Letter</th>
              <th scope="col">What became of it</th>
            </tr>
          </thead>
          <tbody data-rows="">
            {results.map(({ letter: { id }, outcome }) => (
              <tr>
                <th scope="row">
                  <LetterLink id={id} />
                </th>
                <td>
                  <Outcome outcome={outcome} done={action.done} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p>
        <a href={listPage(filter)}>Back to the list</a>
      </p>
    </section>
  );
}

function Outcome({ outcome, done }: { readonly outcome: LetterOutcome; readonly done: string }) {
  switch (outcome.kind) {
    case "done":
      return (
        <>
          <span class="state good">{done}</span> {outcome.now === undefined ? null : <TaskLink id={outcome.now} />}
        </>
      );
    case "done-before":
      return (
        <>
          <span class="state quiet">{done} already</span> <TaskLink id={outcome.now} />
        </>
      );
    case "gone":
      return <span class="state quiet">not there any more</span>;
    case "refused":
      return (
        <>
          <span class="state bad">not {done}</span> {outcome.why}
        </>
      );
    case "unclear":
      return (
        <>
          <span class="state warn">perhaps {done}</span> {outcome.why}
        </>
      );
    case "left":
      return <span class="state quiet">not begun</span>;
    default:
      return outcome satisfies never;
  }
}
