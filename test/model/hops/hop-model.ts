import type { Idempotency } from "../../../shared/contract/task-type.ts";
import type { Decisions } from "../decisions.ts";
import type { Model } from "../explore/engine.ts";
import { placeOf } from "../shards/revisions.ts";
import { PAYLOAD_HASH } from "../world/world.ts";
import { HOP_INVARIANTS, type HopInvariantName } from "./hop-invariants.ts";
import { isOver } from "./hop-scenario.ts";
import { hopKey } from "./hop-key.ts";
import { type HopStep, type HopTaken, HOP_STEPS, takeHopStep } from "./hop-steps.ts";
import { type HopWorld, newHopWorld, taskIdOf } from "./hop-world.ts";

/** A promise about every reachable world rather than about every step. */
export const HOPS_END = "a task ends once its entries are relayed and its hops delivered";

export type HopPromise = HopInvariantName | typeof HOPS_END;

export const HOP_PROMISES: readonly HopPromise[] = [
  // oxlint-disable-next-line no-unsafe-type-assertion -- The keys of an object that was written out in full.
  ...(Object.keys(HOP_INVARIANTS) as HopInvariantName[]),
  HOPS_END,
];

/** Names become free, a lease ends, an entry is relayed, and its hop is delivered; a delivery that is early adds a hop. */
const MAX_ROUNDS = 6;

/** The model of a task that moves from hop to hop. */
export function hopModel(
  kind: Idempotency,
  { decisions, promises = HOP_PROMISES }: { readonly decisions: Decisions; readonly promises?: readonly HopPromise[] },
): Model<HopWorld, HopStep, HopPromise> {
  return modelOfHops(kind, { decisions, promises, invariants: HOP_INVARIANTS, steps: HOP_STEPS, lastStage: 0 });
}

/** What a model of hops checks, and how. */
interface HopModelParts<Promised extends string> {
  readonly decisions: Decisions;
  readonly promises: readonly Promised[];
  readonly invariants: Readonly<Record<Exclude<Promised, typeof HOPS_END>, (taken: HopTaken) => boolean>>;
  readonly steps: readonly HopStep[];
  /** How far the change of shards is rolled out once the faults are over. */
  readonly lastStage: number;
}

/** A model of a task that moves from hop to hop by some of the steps. */
export function modelOfHops<Promised extends string>(
  kind: Idempotency,
  { decisions, promises, invariants, steps, lastStage }: HopModelParts<Promised>,
): Model<HopWorld, HopStep, Promised> {
  const checks = new Map<string, (taken: HopTaken) => boolean>(Object.entries(invariants));
  const brokenBy = (taken: HopTaken): Promised | null => {
    // Where nothing has happened, every promise was looked at on the way here.
    if (taken.after === taken.before && taken.events.length === 0) return null;
    return promises.find((name) => checks.get(name)?.(taken) === false) ?? null;
  };
  const end = promises.find((name) => name === HOPS_END) ?? null;
  return {
    start: newHopWorld(kind),
    steps,
    keyOf: hopKey,
    take(world, step) {
      const taken = takeHopStep(world, step, decisions);
      return { world: taken.after, broken: brokenBy(taken) };
    },
    brokenAfter(world) {
      const { ended, taken } = driveHops({ ...world, stage: lastStage }, decisions);
      for (const one of taken) {
        const promise = brokenBy(one);
        if (promise) return promise;
      }
      return ended ? null : end;
    },
  };
}

/** What relays and Cloud Tasks do once the faults are over. Suspended relays never wake. */
function driveHops(
  from: HopWorld,
  decisions: Decisions,
): { readonly ended: boolean; readonly taken: readonly HopTaken[] } {
  const taken: HopTaken[] = [];
  let world: HopWorld = { ...from, relays: [], running: [] };
  const take = (step: HopStep): void => {
    const one = takeHopStep(world, step, decisions);
    taken.push(one);
    world = one.after;
  };
  for (let round = 0; round < MAX_ROUNDS && !isOver(world); round++) {
    for (const { hop } of world.entries.filter(({ payloadHash }) => payloadHash === PAYLOAD_HASH)) {
      take({ kind: "relay", hop });
      take({ kind: "create", which: 0 });
      take({ kind: "delete", which: 0 });
    }
    for (const { hop, queue } of world.names.filter(({ isQueued }) => isQueued)) {
      take({ kind: "deliver", hop, from: placeOf(queue, taskIdOf(world.kind)) });
      if (world.running.length > 0) take({ kind: "end", which: 0, how: "succeeds" });
    }
    if (!isOver(world)) take({ kind: "grow-old" });
  }
  return { ended: isOver(world), taken };
}
