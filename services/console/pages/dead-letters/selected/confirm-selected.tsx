import { ConfirmAction } from "../../../parts/confirm-action.tsx";
import { Empty } from "../../../parts/try-it.tsx";
import { FilterFields } from "../filter-fields.tsx";
import { LetterList } from "../letter-list.tsx";
import { LetterLink } from "../../../parts/task-id.tsx";
import { type ShownFilter, listPage } from "../letter-filter.ts";
import type { SelectedAction } from "./selected-actions.ts";
import { type AskedLetter, fieldOf } from "./selected-letters.ts";
import { LETTER_FIELD } from "./selected-paths.ts";

/** Asks for confirmation and shows the current state of each selected letter. */
export function ConfirmSelected(props: {
  readonly action: SelectedAction;
  readonly asked: readonly AskedLetter[];
  readonly filter: ShownFilter;
}) {
  const { action, asked, filter } = props;
  const letters = asked.flatMap(({ letter }) => letter ?? []);
  const gone = asked.filter(({ letter }) => letter === undefined);
  const back = listPage(filter);
  if (letters.length === 0) {
    return (
      <Empty>
        None of the selected letters is there any more. <a href={back}>Back to the list</a>
      </Empty>
    );
  }
  return (
    <ConfirmAction
      title={action.title}
      action={action.path}
      label={action.labelFor(letters.length)}
      back={back}
      isDangerous={action.isDangerous}
    >
      <p>{action.what}</p>
      {gone.length === 0 ? null : (
        <p class="warn">
          Not there any more:{" "}
          {gone.map(({ id }, at) => (
            <>
              {at === 0 ? "" : ", "}
              <LetterLink id={id} />
            </>
          ))}
        </p>
      )}
      <LetterList letters={letters} />
      {letters.map(({ id, version }) => (
        <input type="hidden" name={LETTER_FIELD} value={fieldOf({ id, version })} />
      ))}
      <FilterFields filter={filter} />
    </ConfirmAction>
  );
}
