import type { Idempotency } from "../../../shared/contract/task-type.ts";
import type { Decisions } from "../decisions.ts";
import { driveToEnd, isDeadLetteredInTime } from "./drive.ts";
import { INVARIANTS, type InvariantName, type Taken } from "./invariants.ts";
import { type Step, stepsOf, takeStep } from "../steps.ts";
import { type World, newWorld } from "../world/world.ts";
import { worldKey } from "../world/world-key.ts";

/** Promises about every reachable world rather than about every step. */
export const ENDS = "a task ends within two good deliveries";

export const DEAD_LETTERED = "a task that kills every attempt is dead-lettered before Cloud Tasks deletes it";

export type PromiseName = InvariantName | typeof ENDS | typeof DEAD_LETTERED;

export const PROMISES: readonly PromiseName[] = [
  // oxlint-disable-next-line no-unsafe-type-assertion -- The keys of an object that was written out in full.
  ...(Object.keys(INVARIANTS) as InvariantName[]),
  ENDS,
  DEAD_LETTERED,
];

export interface Broken {
  readonly promise: PromiseName;
  readonly steps: readonly Step[];
}

export interface Explored {
  /** How many sequences of that length there are. */
  readonly sequences: number;
  /** How many different worlds they lead through. */
  readonly worlds: number;
  /** The first promise that was broken, after the fewest steps. */
  readonly broken: Broken | null;
}

export interface Exploration {
  readonly length: number;
  readonly decisions: Decisions;
  readonly promises?: readonly PromiseName[];
}

/** A world that was reached, and what is known about it. */
interface Place {
  readonly world: World;
  /** One sequence that leads here. */
  readonly path: Path | null;
  /** Where each step leads from here. */
  exits: readonly Place[] | null;
}

interface Path {
  readonly step: Step;
  readonly before: Path | null;
}

/**
 * Takes all sequences of steps of a length. Sequences that lead to worlds that are alike continue as one, but each is
 * counted: every step is taken from every world, once.
 */
export function explore(kind: Idempotency, { length, decisions, promises = PROMISES }: Exploration): Explored {
  const steps = stepsOf(kind);
  const start: Place = { world: newWorld(kind), path: null, exits: null };
  const places = new Map([[worldKey(start.world), start]]);
  let ways = new Map([[start, 1]]);
  for (let taken = 0; taken < length; taken++) {
    const next = new Map<Place, number>();
    for (const [place, count] of ways) {
      const exits = place.exits ?? findExits(place, { steps, places, decisions, promises });
      if ("promise" in exits) return { sequences: 0, worlds: places.size, broken: exits };
      place.exits = exits;
      for (const exit of exits) next.set(exit, (next.get(exit) ?? 0) + count);
    }
    ways = next;
  }
  return { sequences: [...ways.values()].reduce((sum, count) => sum + count, 0), worlds: places.size, broken: null };
}

function findExits(
  from: Place,
  on: {
    readonly steps: readonly Step[];
    readonly places: Map<string, Place>;
    readonly decisions: Decisions;
    readonly promises: readonly PromiseName[];
  },
): Place[] | Broken {
  const { world, path: before } = from;
  const exits: Place[] = [];
  for (const step of on.steps) {
    const { world: after, events } = takeStep(world, step, on.decisions);
    const path = { step, before };
    const promise = firstBroken({ step, before: world, after, events }, on.promises);
    if (promise) return { promise, steps: stepsTo(path) };
    const key = after === world ? null : worldKey(after);
    const known = key === null ? from : on.places.get(key);
    const place = known ?? { world: after, path, exits: null };
    exits.push(place);
    if (known || key === null) continue;
    on.places.set(key, place);
    const broken = brokenByEnd(after, on);
    if (broken) return { promise: broken, steps: stepsTo(path) };
  }
  return exits;
}

/** Takes one sequence, starting from a new task. */
export function follow(kind: Idempotency, steps: readonly Step[], decisions: Decisions): Broken | null {
  let world = newWorld(kind);
  for (const [index, step] of steps.entries()) {
    const { world: after, events } = takeStep(world, step, decisions);
    const promise = firstBroken({ step, before: world, after, events }, PROMISES);
    if (promise) return { promise, steps: steps.slice(0, index + 1) };
    world = after;
  }
  const promise = brokenByEnd(world, { decisions, promises: PROMISES });
  return promise && { promise, steps };
}

function brokenByEnd(
  world: World,
  { decisions, promises }: { readonly decisions: Decisions; readonly promises: readonly PromiseName[] },
): PromiseName | null {
  const { ended, taken } = driveToEnd(world, decisions);
  for (const one of taken) {
    const promise = firstBroken(one, promises);
    if (promise) return promise;
  }
  if (!ended && promises.includes(ENDS)) return ENDS;
  return promises.includes(DEAD_LETTERED) && !isDeadLetteredInTime(world, decisions) ? DEAD_LETTERED : null;
}

function firstBroken(taken: Taken, promises: readonly PromiseName[]): PromiseName | null {
  return promises.find((name) => name !== ENDS && name !== DEAD_LETTERED && !INVARIANTS[name](taken)) ?? null;
}

function stepsTo(path: Path | null): Step[] {
  const steps: Step[] = [];
  for (let at = path; at; at = at.before) steps.unshift(at.step);
  return steps;
}
