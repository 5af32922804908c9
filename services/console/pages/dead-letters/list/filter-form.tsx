import type { LetterSummary } from "../../../../../packages/client/src/views/dead-letter.ts";
import { LETTERS_PATH, type ShownFilter, isNarrowed } from "../letter-filter.ts";

/** The form for the filter. Typed text is kept when the page refreshes itself. */
export function FilterForm(props: { readonly filter: ShownFilter; readonly summary: LetterSummary }) {
  const { filter, summary } = props;
  return (
    <form class="filters" method="get" action={LETTERS_PATH} data-keep="">
      <label>
        Status
        <select name="status">
          <option value="" selected={filter.status === "open"}>
            open
          </option>
          <option value="replayed" selected={filter.status === "replayed"}>
            replayed
          </option>
        </select>
      </label>
      <TextFilter name="type" label="Type" value={filter.type} known={summary.items.map(({ type }) => type)} />
      <TextFilter name="code" label="Code" value={filter.code} known={summary.items.map(({ code }) => code)} />
      <TextFilter name="queue" label="Queue" value={filter.queue} known={[]} />
      <TimeFilter name="from" label="Died from (UTC)" value={filter.from} />
      <TimeFilter name="to" label="Died before (UTC)" value={filter.to} />
      <button>Filter</button>
      {isNarrowed(filter) ? (
        <a class="button" href={filter.status === "open" ? LETTERS_PATH : `${LETTERS_PATH}?status=replayed`}>
          Clear
        </a>
      ) : null}
    </form>
  );
}

function TextFilter(props: {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  /** The values that the field suggests. */
  readonly known: readonly string[];
}) {
  const { name, label, value, known } = props;
  const list = `known-${name}`;
  return (
    <label>
      {label}
      <input name={name} value={value} list={known.length === 0 ? undefined : list} autocomplete="off" />
      {known.length === 0 ? null : (
        <datalist id={list}>
          {[...new Set(known)].map((one) => (
            <option value={one} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** With seconds, the form that browsers use. */
const SHOWN_CHARACTERS = "2030-01-01T00:00:00".length;

function TimeFilter(props: { readonly name: string; readonly label: string; readonly value: string | undefined }) {
  const { name, label, value = "" } = props;
  const ms = Date.parse(value);
  const shown = Number.isNaN(ms) ? "" : new Date(ms).toISOString().slice(0, SHOWN_CHARACTERS);
  return (
    <label>
      {label}
      <input type="datetime-local" name={name} value={shown} step="1" />
    </label>
  );
}
