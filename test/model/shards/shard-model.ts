import type { Idempotency } from "../../../shared/contract/task-type.ts";
import type { Decisions } from "../decisions.ts";
import type { Model } from "../explore/engine.ts";
import { HOP_INVARIANTS } from "../hops/hop-invariants.ts";
import { type HopPromise, HOP_PROMISES, modelOfHops } from "../hops/hop-model.ts";
import type { HopStep } from "../hops/hop-steps.ts";
import type { HopWorld } from "../hops/hop-world.ts";
import { ROLLED_OUT } from "./revisions.ts";
import { SHARD_INVARIANTS, type ShardInvariantName } from "./shard-invariants.ts";
import { SHARD_STEPS } from "./shard-steps.ts";

export type ShardPromise = HopPromise | ShardInvariantName;

const SHARD_PROMISES: readonly ShardPromise[] = [
  ...HOP_PROMISES,
  // oxlint-disable-next-line no-unsafe-type-assertion -- The keys of an object that was written out in full.
  ...(Object.keys(SHARD_INVARIANTS) as ShardInvariantName[]),
];

/** The model of a task that hops while the number of its queue's shards changes. */
export function shardModel(
  kind: Idempotency,
  {
    decisions,
    promises = SHARD_PROMISES,
  }: { readonly decisions: Decisions; readonly promises?: readonly ShardPromise[] },
): Model<HopWorld, HopStep, ShardPromise> {
  const invariants = { ...HOP_INVARIANTS, ...SHARD_INVARIANTS };
  return modelOfHops(kind, { decisions, promises, invariants, steps: SHARD_STEPS, lastStage: ROLLED_OUT });
}
