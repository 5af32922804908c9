import type { Idempotency } from "../../../shared/contract/task-type.ts";
import { queuesOf } from "../../../shared/contract/queue-shards.ts";
import { DECISIONS, type Decisions } from "../decisions.ts";
import { HOPS_END } from "../hops/hop-model.ts";
import type { ShardPromise } from "./shard-model.ts";

/** A build that is wrong in one respect, the promise that it breaks, and the kind of task for which it does. */
interface WrongBuild {
  readonly fault: string;
  readonly promise: ShardPromise;
  readonly kind: Idempotency;
  readonly decisions: Decisions;
}

const { admitClaim, admitUnclaimed } = DECISIONS;

/** The queue that the new number chooses, and no other. */
const newShardOnly: typeof queuesOf = (id, queue) => [queuesOf(id, queue)[0]];

/** With one queue, all of them but the last two would be right. */
export const WRONG_BUILDS: readonly WrongBuild[] = [
  wrong("claim", "looks for tasks in their new shard only", {
    promise: "whoever knows both numbers of shards finds a task that waits",
    decisions: { findsIn: newShardOnly },
  }),
  wrong("claim", "looks for a key's task in its new shard only", {
    promise: "whoever knows both numbers of shards accepts no key whose task waits",
    decisions: { findsIn: newShardOnly },
  }),
  wrong("claim", "deletes a cancelled task from its new shard only", {
    promise: "a cancel takes a task out of each queue that its revision knows",
    decisions: { deletesIn: newShardOnly },
  }),
  wrong("natural", "deletes a cancelled natural task from its new shard only", {
    promise: "what somebody is told of a cancel is durable",
    decisions: { deletesIn: newShardOnly },
  }),
  wrong("natural", "deletes a natural task that was moved from its new shard only", {
    promise: "what somebody is told of another time is durable",
    decisions: { deletesIn: newShardOnly },
  }),
  wrong("claim", "refuses deliveries from the queue before the change", {
    promise: HOPS_END,
    decisions: { acceptsDeliveryFrom: (name, id, queue) => newShardOnly(id, queue)[0] === name },
  }),
  wrong("claim", "runs what any queue delivers", {
    promise: "a delivery from a queue that its id can't come from is refused, and stays there",
    decisions: { acceptsDeliveryFrom: () => true },
  }),
  wrong("claim", "lets a claim begin that another attempt has", {
    promise: "no claim begins while another attempt has the lease",
    decisions: {
      admitClaim: (record, claimant, nowMs) =>
        admitClaim(record?.state === "running" ? { ...record, leaseMs: 0 } : record, claimant, nowMs),
    },
  }),
  wrong("transaction", "runs a transaction again that has succeeded in the other queue", {
    promise: "a task succeeds once",
    decisions: {
      admitUnclaimed: (record, claimant, nowMs) =>
        admitUnclaimed(record?.state === "succeeded" ? { ...record, state: "waiting" } : record, claimant, nowMs),
    },
  }),
];

function wrong(
  kind: Idempotency,
  fault: string,
  { promise, decisions }: { readonly promise: ShardPromise; readonly decisions: Partial<Decisions> },
): WrongBuild {
  return { kind, fault, promise, decisions: { ...DECISIONS, ...decisions } };
}
