import { leaseLeftMs } from "../../../shared/records/task-record.ts";
import { isQueuedIn } from "../hops/hop-invariants.ts";
import type { HopTaken } from "../hops/hop-steps.ts";
import { knowsBoth } from "./revisions.ts";

/** What must hold for every step while the number of shards changes, besides what holds of hops; true if it holds. */
export const SHARD_INVARIANTS = {
  "no claim begins while another attempt has the lease": ({ before: { kind, nowMs }, events }) =>
    kind !== "claim" ||
    events.every((one) => one.kind !== "began" || !one.before || leaseLeftMs(one.before, nowMs) <= 0),

  "a task succeeds once": ({ before, after, events }) =>
    events.every(
      (one) =>
        one.kind !== "wrote" ||
        one.transition.kind !== "complete" ||
        (before.record?.state !== "succeeded" && after.record?.state === "succeeded"),
    ),

  "whoever knows both numbers of shards finds a task that waits": ({ events }) =>
    events.every((one) => one.kind !== "looked-up" || one.isFound || !knowsBoth(one.revision)),

  "whoever knows both numbers of shards accepts no key whose task waits": ({ events }) =>
    events.every((one) => one.kind !== "posted" || !one.wasHeld || !knowsBoth(one.revision)),

  "a cancel takes a task out of each queue that its revision knows": ({ events }) =>
    events.every((one) => {
      if (one.kind !== "cancel-answered" || one.told.kind !== "cancelled" || !one.isDeleted) return true;
      return !isQueuedIn(one.queues, one.told.hop, one.world);
    }),

  "a delivery from a queue that its id can't come from is refused, and stays there": ({
    before,
    step,
    after,
    events,
  }) => {
    const refusal = events.find((one) => one.kind === "refused");
    if (!refusal) return !isFromElsewhere({ before, step });
    const { hop, queue } = refusal.name;
    return events.length === 1 && !refusal.isSuccess && isQueuedIn([queue], hop, after) === refusal.name.isQueued;
  },
} satisfies Record<string, (taken: HopTaken) => boolean>;

export type ShardInvariantName = keyof typeof SHARD_INVARIANTS;

/** Whether a worker of the revision before gets a task from the queue that only the new number chooses. */
function isFromElsewhere({ before: { stage }, step }: Pick<HopTaken, "before" | "step">): boolean {
  return step.kind === "deliver" && step.from === "current" && stage < 2 && step.by === 0;
}
