import { usePage } from "./page-context.ts";

const PLACES = {
  overview: ["/", "Overview"],
  letters: ["/dead-letters", "Dead letters"],
  schedules: ["/schedules", "Schedules"],
  types: ["/task-types", "Task types"],
  enqueue: ["/enqueue", "Enqueue"],
} as const;

/** An entry of the navigation. */
export type Place = keyof typeof PLACES;

/** The header of every page. */
export function Header({ place, isLive }: { readonly place: Place | undefined; readonly isLive: boolean }) {
  const { person } = usePage();
  return (
    <header class="top">
      <a class="brand" href="/">
        Handoff
      </a>
      <nav aria-label="Pages">
        {Object.entries(PLACES).map(([name, [path, label]]) => (
          <a href={path} aria-current={name === place ? "page" : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <form class="search" role="search" action="/search" method="get">
        <label class="unseen" for="search">
          Search
        </label>
        <input id="search" name="q" type="search" placeholder="Task id, type or key" autocomplete="off" required />
      </form>
      {isLive ? (
        <button type="button" id="live" class="live" hidden aria-pressed="true">
          Live
        </button>
      ) : null}
      <span class="person" title={`${person.email}: ${person.role}`}>
        <span class="email">{person.email}</span> <span class="role">{person.role}</span>
      </span>
    </header>
  );
}
