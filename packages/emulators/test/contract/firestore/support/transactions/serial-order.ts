/** A document's tag, unique to the write that set it, and its group. Null if there is no document. */
type Content = { readonly tag: string; readonly group: string } | null;

/** What a transaction learned about the state. */
export type Observation =
  | { readonly kind: "document"; readonly path: string; readonly tag: string | null }
  | { readonly kind: "group"; readonly group: string; readonly found: readonly string[] }
  | { readonly kind: "exists"; readonly path: string };

/** A transaction that happened between two moments of real time. */
export interface Event {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly observations: readonly Observation[];
  readonly writes: readonly { readonly path: string; readonly content: Content }[];
}

type State = ReadonlyMap<string, Content>;

/**
 * An order in which the events would have seen what they saw, one after the other and starting with no documents. Null
 * when there is none. An event that ended before another started stays before it.
 */
export function findSerialOrder(events: readonly Event[]): Event[] | null {
  const deadEnds = new Set<string>();

  const search = (done: readonly Event[], state: State): Event[] | null => {
    if (done.length === events.length) return [...done];
    const left = events.filter((event) => !done.includes(event));
    const key = `${left.map((event) => events.indexOf(event)).join()}|${describe(state)}`;
    if (deadEnds.has(key)) return null;
    const firstEnd = Math.min(...left.map((event) => event.endedAt));
    for (const event of left) {
      if (event.startedAt > firstEnd || !event.observations.every((seen) => holds(seen, state))) continue;
      const order = search([...done, event], apply(event, state));
      if (order) return order;
    }
    deadEnds.add(key);
    return null;
  };

  return search([], new Map());
}

function holds(seen: Observation, state: State): boolean {
  switch (seen.kind) {
    case "document":
      return (state.get(seen.path)?.tag ?? null) === seen.tag;
    case "exists":
      return (state.get(seen.path) ?? null) !== null;
    case "group": {
      const members = [...state].flatMap(([path, content]) =>
        content?.group === seen.group ? `${path}=${content.tag}` : [],
      );
      return members.toSorted().join() === seen.found.toSorted().join();
    }
  }
}

function apply(event: Event, state: State): State {
  const next = new Map(state);
  for (const { path, content } of event.writes) next.set(path, content);
  return next;
}

const describe = (state: State): string =>
  [...state]
    .map(([path, content]) => `${path}=${content?.tag ?? ""}`)
    .toSorted()
    .join();
