import type { Idempotency } from "../../../shared/contract/task-type.ts";
import type { Decisions } from "../decisions.ts";
import { driveToEnd, isDeadLetteredInTime } from "./drive.ts";
import { type BrokenIn, type Model, exploreModel, followModel } from "./engine.ts";
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

export type Broken = BrokenIn<Step, PromiseName>;

export interface Exploration {
  readonly length: number;
  readonly decisions: Decisions;
  readonly promises?: readonly PromiseName[];
}

/** Takes all sequences of steps of a length, starting from a new task. */
export function explore(kind: Idempotency, { length, decisions, promises = PROMISES }: Exploration) {
  return exploreModel(modelOf(kind, { decisions, promises }), length);
}

/** Takes one sequence, starting from a new task. */
export function follow(kind: Idempotency, steps: readonly Step[], decisions: Decisions): Broken | null {
  return followModel(modelOf(kind, { decisions, promises: PROMISES }), steps);
}

export function modelOf(
  kind: Idempotency,
  on: { readonly decisions: Decisions; readonly promises: readonly PromiseName[] },
): Model<World, Step, PromiseName> {
  return {
    start: newWorld(kind),
    steps: stepsOf(kind),
    keyOf: worldKey,
    take(before, step) {
      const { world: after, events } = takeStep(before, step, on.decisions);
      return { world: after, broken: firstBroken({ step, before, after, events }, on.promises) };
    },
    brokenAfter: (world) => brokenByEnd(world, on),
  };
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
  // Where nothing has happened, every promise was looked at on the way here.
  if (taken.after === taken.before && taken.events.length === 0) return null;
  return promises.find((name) => name !== ENDS && name !== DEAD_LETTERED && !INVARIANTS[name](taken)) ?? null;
}
