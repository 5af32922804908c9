import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { DECISIONS } from "../decisions.ts";
import { type Step, stepsOf, takeStep } from "../steps.ts";
import { worldKey } from "../world/world-key.ts";
import { type World, newWorld } from "../world/world.ts";

/** How many of the worlds that count as equal are compared with the first of them. */
const MOST_COMPARED = 3;

/** Two ways to worlds that count as alike, and a step that leads to worlds that don't. */
export interface Difference {
  readonly ways: readonly [readonly Step[], readonly Step[]];
  readonly step: Step | undefined;
}

interface Known {
  readonly path: readonly Step[];
  readonly exits: readonly string[];
  compared: number;
}

/** Looks for worlds that count as alike but aren't, within all sequences of up to `length` steps. */
export function findDifference(
  kind: Idempotency,
  { length }: { length: number },
): { readonly compared: number; readonly difference: Difference | null } {
  const steps = stepsOf(kind);
  const known = new Map<string, Known>();
  let compared = 0;
  let level: { world: World; path: readonly Step[] }[] = [{ world: newWorld(kind), path: [] }];
  for (let taken = 0; taken < length; taken++) {
    const next: typeof level = [];
    for (const from of level) {
      for (const step of steps) {
        const { world } = takeStep(from.world, step, DECISIONS);
        const path = [...from.path, step];
        const key = worldKey(world);
        const alike = known.get(key);
        if (alike && (world === from.world || alike.compared >= MOST_COMPARED)) continue;
        const exits = exitsOf(world, steps);
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

function exitsOf(world: World, steps: readonly Step[]): string[] {
  return steps.map((step) => worldKey(takeStep(world, step, DECISIONS).world));
}
