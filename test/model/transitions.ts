import type { TaskRecord } from "../../shared/records/task-record.ts";
import type { Idempotency } from "../../shared/contract/task-type.ts";
import { DECISIONS } from "./decisions.ts";
import { stepsOf, takeStep } from "./steps.ts";
import { worldKey } from "./world/world-key.ts";
import { type World, newWorld } from "./world/world.ts";

/** Every change of a record's state within all sequences of up to `length` steps, as "from → to". */
export function transitionsOf(kind: Idempotency, { length }: { length: number }): Set<string> {
  const transitions = new Set<string>();
  const known = new Set<string>();
  let level: readonly World[] = [newWorld(kind)];
  for (let taken = 0; taken < length; taken++) {
    const next: World[] = [];
    for (const world of level) {
      for (const step of stepsOf(kind)) {
        const { world: after, events } = takeStep(world, step, DECISIONS);
        // An expired task starts afresh.
        if (after.life > 1) continue;
        for (const one of events) if (one.kind === "wrote") transitions.add(transition(one.before, one.after));
        const key = worldKey(after);
        if (known.has(key)) continue;
        known.add(key);
        next.push(after);
      }
    }
    level = next;
  }
  return transitions;
}

function transition(before: TaskRecord | null, after: TaskRecord): string {
  return `${before?.state ?? "(none)"} → ${after.state}`;
}
