import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import { typePage } from "../../parts/task-id.tsx";
import type { FoundByKey } from "./find-by-key.ts";
import type { Query, Wanted } from "./wanted.ts";

/** The result of a search by key. */
export type Searched =
  | FoundByKey
  /** No type was given. */
  | { readonly kind: "not-searched" }
  | { readonly kind: "unknown-type" }
  /** The text can't be an idempotency key. */
  | { readonly kind: "no-key" };

/** If there are more similar types than this, they aren't listed. */
const MAX_SIMILAR = 10;

/** Says what a text may be, and asks for whatever else is needed to find its task. */
export function SearchPage(props: {
  readonly query: Query;
  readonly types: readonly TaskTypeInfo[];
  readonly wanted: Wanted;
  readonly outcome: Exclude<Searched, { kind: "found" }>;
}) {
  const { query, types, wanted, outcome } = props;
  return (
    <>
      <h1>{query.text === "" ? "Search" : `Search: ${query.text}`}</h1>
      {outcome.kind === "not-searched" ? (
        <Reading wanted={wanted} types={types} />
      ) : (
        <Outcome query={query} outcome={outcome} />
      )}
      <KeyForm query={query} types={types} />
      <section>
        <h2>What can be found</h2>
        <ul>
          <li>A task by its whole id, or by an address that ends with it.</li>
          <li>A task type by its whole name.</li>
          <li>A task by its idempotency key, its type and whoever enqueued it: its id is made of these.</li>
        </ul>
        <p class="quiet">
          Tasks can't be searched for what they carry. Queued tasks are listed by queue, failed ones as{" "}
          <a href="/dead-letters">dead letters</a>.
        </p>
      </section>
    </>
  );
}

/** What a text may be if it isn't enough to find a task. */
function Reading({ wanted, types }: { readonly wanted: Wanted; readonly types: readonly TaskTypeInfo[] }) {
  if (wanted.kind === "beginning") {
    return (
      <p>
        This may be the beginning of a task's id. Tasks are found by their whole ids only: copy one with the button
        beside it.
      </p>
    );
  }
  if (wanted.kind !== "other") return null;
  const similar = types.filter(({ type }) => type.includes(wanted.text.toLowerCase())).slice(0, MAX_SIMILAR);
  return (
    <>
      <p>
        This is neither a task's id nor the name of a task type. If it is an idempotency key, say which type it is for,
        and who enqueued the task.
      </p>
      {similar.length === 0 ? null : (
        <p>
          Task types with such a name:{" "}
          {similar.map(({ type }, at) => (
            <>
              {at === 0 ? "" : ", "}
              <a href={typePage(type)}>{type}</a>
            </>
          ))}
        </p>
      )}
    </>
  );
}

function Outcome(props: {
  readonly query: Query;
  readonly outcome: Exclude<Searched, { kind: "found" } | { kind: "not-searched" }>;
}) {
  const { query, outcome } = props;
  switch (outcome.kind) {
    case "unknown-type":
      return (
        <p role="status">
          There is no task type <code>{query.type}</code>.
        </p>
      );
    case "no-key":
      return (
        <p role="status">
          This can't be an idempotency key: those are 1 to 255 visible ASCII characters, without spaces.
        </p>
      );
    case "not-found":
      return (
        <section class="failure" role="status">
          <p>
            No task of type <code>{query.type}</code> has this key, or its record has expired. The search looked for
            these ids:
          </p>
          <ul>
            {outcome.tried.map(({ id, how }) => (
              <li>
                {how}: <code>{id}</code>
              </li>
            ))}
          </ul>
        </section>
      );
  }
}

function KeyForm({ query, types }: { readonly query: Query; readonly types: readonly TaskTypeInfo[] }) {
  return (
    <section class="card">
      <h2>By idempotency key</h2>
      <form method="get" action="/search">
        <div class="field">
          <label for="key">Idempotency key</label>
          <input id="key" name="q" value={query.text} required autocomplete="off" />
        </div>
        <div class="field">
          <label for="type">Task type</label>
          <select id="type" name="type" required>
            <option value="">Choose one</option>
            {types.map(({ type }) => (
              <option value={type} selected={type === query.type}>
                {type}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="caller">
            Enqueued by{" "}
            <span class="hint">
              The e-mail address of the account. Leave it empty for a task from an application's outbox: whose it is
              doesn't matter there.
            </span>
          </label>
          <input id="caller" name="caller" value={query.caller} autocomplete="off" />
        </div>
        <button class="primary">Find the task</button>
      </form>
    </section>
  );
}
