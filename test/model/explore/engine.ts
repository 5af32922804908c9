/** A model to explore: worlds, and the steps that lead from one to the next. */
export interface Model<World, Step, Promised extends string> {
  readonly start: World;
  readonly steps: readonly Step[];
  /** Takes a step. `broken` is the first promise that it breaks; a step that can't be taken leads to the same world. */
  take(world: World, step: Step): { readonly world: World; readonly broken: Promised | null };
  /** Worlds with the same key behave alike. */
  keyOf(world: World): string;
  /** The promise that is broken by what must follow from a world. */
  brokenAfter(world: World): Promised | null;
}

export interface BrokenIn<Step, Promised extends string> {
  readonly promise: Promised;
  readonly steps: readonly Step[];
}

export interface ExploredIn<Step, Promised extends string> {
  /** How many sequences of that length there are. */
  readonly sequences: number;
  /** How many different worlds they lead through. */
  readonly worlds: number;
  /** The first promise that was broken, after the fewest steps. */
  readonly broken: BrokenIn<Step, Promised> | null;
}

/** A world that was reached, and what is known about it. */
interface Place<World, Step> {
  readonly world: World;
  /** One sequence that leads here. */
  readonly path: Path<Step> | null;
  /** Where the steps lead from here, and how many of them lead there. */
  exits: ReadonlyMap<Place<World, Step>, number> | null;
}

interface Path<Step> {
  readonly step: Step;
  readonly before: Path<Step> | null;
}

/**
 * Takes all sequences of steps of a length. Sequences that lead to worlds that are alike continue as one, but each is
 * counted: every step is taken from every world, once.
 */
export function exploreModel<World, Step, Promised extends string>(
  model: Model<World, Step, Promised>,
  length: number,
): ExploredIn<Step, Promised> {
  const start: Place<World, Step> = { world: model.start, path: null, exits: null };
  const places = new Map([[model.keyOf(start.world), start]]);
  let ways = new Map([[start, 1]]);
  for (let taken = 0; taken < length; taken++) {
    const next = new Map<Place<World, Step>, number>();
    for (const [place, count] of ways) {
      const exits = place.exits ?? findExits(place, model, places);
      if ("promise" in exits) return { sequences: 0, worlds: places.size, broken: exits };
      place.exits = exits;
      for (const [exit, steps] of exits) next.set(exit, (next.get(exit) ?? 0) + count * steps);
    }
    ways = next;
  }
  return { sequences: [...ways.values()].reduce((sum, count) => sum + count, 0), worlds: places.size, broken: null };
}

function findExits<World, Step, Promised extends string>(
  from: Place<World, Step>,
  model: Model<World, Step, Promised>,
  places: Map<string, Place<World, Step>>,
): ReadonlyMap<Place<World, Step>, number> | BrokenIn<Step, Promised> {
  const { world, path: before } = from;
  const exits = new Map<Place<World, Step>, number>();
  let staying = 0;
  for (const step of model.steps) {
    const { world: after, broken } = model.take(world, step);
    if (broken !== null) return { promise: broken, steps: stepsTo({ step, before }) };
    if (after === world) {
      staying++;
      continue;
    }
    const key = model.keyOf(after);
    const known = places.get(key);
    const place = known ?? { world: after, path: { step, before }, exits: null };
    exits.set(place, (exits.get(place) ?? 0) + 1);
    if (known) continue;
    places.set(key, place);
    const brokenLater = model.brokenAfter(after);
    if (brokenLater !== null) return { promise: brokenLater, steps: stepsTo(place.path) };
  }
  if (staying > 0) exits.set(from, (exits.get(from) ?? 0) + staying);
  return exits;
}

/** Takes one sequence of steps. */
export function followModel<World, Step, Promised extends string>(
  model: Model<World, Step, Promised>,
  steps: readonly Step[],
): BrokenIn<Step, Promised> | null {
  let world = model.start;
  for (const [index, step] of steps.entries()) {
    const { world: after, broken } = model.take(world, step);
    if (broken !== null) return { promise: broken, steps: steps.slice(0, index + 1) };
    world = after;
  }
  const promise = model.brokenAfter(world);
  return promise === null ? null : { promise, steps };
}

function stepsTo<Step>(path: Path<Step> | null): Step[] {
  const steps: Step[] = [];
  for (let at = path; at; at = at.before) steps.unshift(at.step);
  return steps;
}

/** How many of the worlds that count as equal are compared with the first of them. */
const MAX_COMPARED = 3;

/** Two ways to worlds that count as alike, and a step that leads to worlds that don't. */
export interface DifferenceIn<Step> {
  readonly ways: readonly [readonly Step[], readonly Step[]];
  readonly step: Step | undefined;
}

interface Known<Step> {
  readonly path: readonly Step[];
  readonly exits: readonly string[];
  compared: number;
}

/** Looks for worlds that count as alike but aren't, within all sequences of up to `length` steps. */
export function findDifferenceIn<World, Step>(
  model: Model<World, Step, string>,
  length: number,
): { readonly compared: number; readonly difference: DifferenceIn<Step> | null } {
  const known = new Map<string, Known<Step>>();
  const { start, steps } = model;
  const exitsOf = (world: World): string[] => steps.map((step) => model.keyOf(model.take(world, step).world));
  let compared = 0;
  let level: { world: World; path: readonly Step[] }[] = [{ world: start, path: [] }];
  for (let taken = 0; taken < length; taken++) {
    const next: typeof level = [];
    for (const from of level) {
      for (const step of steps) {
        const { world } = model.take(from.world, step);
        const path = [...from.path, step];
        const key = model.keyOf(world);
        const alike = known.get(key);
        if (alike && (world === from.world || alike.compared >= MAX_COMPARED)) continue;
        const exits = exitsOf(world);
        if (!alike) {
          known.set(key, { path, exits, compared: 0 });
          next.push({ world, path });
          continue;
        }
        alike.compared++;
        compared++;
        const differs = exits.findIndex((exit, index) => exit !== alike.exits[index]);
        if (differs >= 0) return { compared, difference: { ways: [alike.path, path], step: steps[differs] } };
      }
    }
    level = next;
  }
  return { compared, difference: null };
}
