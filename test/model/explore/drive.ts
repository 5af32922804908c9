import { isTerminal } from "../../../shared/records/task-record.ts";
import type { Decisions } from "../decisions.ts";
import type { Taken } from "./invariants.ts";
import { RESULT, type Step, takeStep } from "../steps.ts";
import { type WorldEvent, LEASE_MS, type World } from "../world/world.ts";

/** It waits for a lease that is in the way; the delivery after that ends the task. */
const MAX_GOOD_DELIVERIES = 2;

/**
 * What Cloud Tasks does once the faults are over: it delivers until it is told that the task is done. Suspended
 * processes wake, and hanging commits land, when all is over.
 */
export function driveToEnd(from: World, decisions: Decisions): { readonly ended: boolean; readonly taken: Taken[] } {
  const taken: Taken[] = [];
  let world = from;
  const take = (step: Step): readonly WorldEvent[] => {
    const result = takeStep(world, step, decisions);
    taken.push({ step, before: world, after: result.world, events: result.events });
    world = result.world;
    return result.events;
  };
  for (let delivery = 0; delivery < MAX_GOOD_DELIVERIES && !world.isAcknowledged; delivery++) {
    const busyMs = busyTime(take({ kind: "arrive", faults: [] }));
    if (busyMs > 0) take({ kind: "wait", ms: Math.min(busyMs, LEASE_MS) });
    else if (!world.isAcknowledged) take({ kind: "end", which: newest(world), how: SUCCESS, faults: [] });
  }
  const ended = world.isAcknowledged && hasDurableEnd(world);
  take({ kind: "land" });
  while (world.running.length > 0) take({ kind: "end", which: "oldest", how: SUCCESS, faults: [] });
  return { ended, taken };
}

/** The last claim that let an attempt begin, its lease, and the dead letter. */
const MAX_DEADLY_DELIVERIES = 3;

/** Whether a task whose every attempt is killed is dead-lettered before Cloud Tasks deletes it for its age. */
export function isDeadLetteredInTime(from: World, decisions: Decisions): boolean {
  let { world } = takeStep({ ...from, hasFailed: true }, { kind: "grow-old" }, decisions);
  for (let delivery = 0; delivery < MAX_DEADLY_DELIVERIES && !world.isAcknowledged; delivery++) {
    world = takeStep(world, { kind: "arrive", faults: [] }, decisions).world;
    world = takeStep(world, { kind: "crash", which: newest(world), afterEffect: false }, decisions).world;
    world = takeStep(world, { kind: "wait", ms: LEASE_MS }, decisions).world;
  }
  return world.isAcknowledged;
}

const SUCCESS = { kind: "succeeded", result: RESULT } as const;

/** A natural task may have no record; another failed attempt may have left one. */
function hasDurableEnd({ kind, record }: World): boolean {
  return kind === "natural" || (record !== null && isTerminal(record.state));
}

function busyTime(events: readonly WorldEvent[]): number {
  for (const one of events) {
    if (one.kind === "answered" && one.outcome.kind === "busy") return one.outcome.retryAfterMs;
  }
  return 0;
}

function newest({ running }: World): "oldest" | "newest" {
  return running.length > 1 ? "newest" : "oldest";
}
