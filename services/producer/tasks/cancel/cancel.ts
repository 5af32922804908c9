import { randomUUID } from "node:crypto";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import type { TaskId } from "../../../../shared/contract/task-id.ts";
import type { ReadRecord } from "../../../../shared/records/read-record.ts";
import type { Access } from "../../access/rules.ts";
import type { Producer } from "../../producer.ts";
import { type LookUpProducer, lookUp } from "../status/look-up.ts";
import { describeTask, isKnown, ownerOf, tellingOf } from "../status/task-status.ts";
import { envelopeOf, mayRunUnrecorded, recordedEnvelope } from "../moving/found-task.ts";
import { deleteHops, hopsToDelete, unlessUnavailable } from "../moving/delete-hops.ts";
import { type CancelResult, decideCancel } from "./decide-cancel.ts";

/** The result of a request to cancel a task. */
export type Cancelled =
  | CancelResult
  /** The task has left its queue without a record. */
  | { readonly kind: "finished"; readonly state: "finished" | "removed" }
  /** What the queue has under this name was not put there by a producer. */
  | { readonly kind: "foreign" }
  | { readonly kind: "unknown" }
  | { readonly kind: "forbidden"; readonly access: Extract<Access, { allowed: false }> }
  /** The task may or may not be cancelled. */
  | { readonly kind: "unclear" };

/** Who cancels which task, and whether they may, given its owner if that is known. */
export interface CancelRequest {
  readonly id: TaskId;
  readonly by: string;
  readonly mayCancel: (owner: string | undefined) => Access;
}

/** What a cancel depends on. */
type CancellingProducer = LookUpProducer & Pick<Producer, "records" | "registry" | "log" | "inFlight" | "console">;

/** How long the record may keep a cancel waiting, in milliseconds: an attempt in a transaction locks it. */
const RECORD_TIMEOUT_MS = 3_000;

/**
 * Cancels a task: first in its record, which keeps every later delivery from running, and in the outbox, then in its
 * queue. A relay that has read the task's entry before deletes the task again, once it finds that the entry is gone.
 *
 *     look up ──▶ record: cancelled, no entry ──▶ DeleteTask
 *                   └── an attempt owns it: record: cancel requested; the task stays, so that somebody ends it
 *
 * Nothing but DeleteTask keeps a `natural` task from the first delivery of its first hop, so the task counts as cancelled
 * only once Cloud Tasks has responded. Any other may stay in its queue: the worker reads its record and acknowledges it.
 *
 * @param signal fires when the caller has gone. A cancel that has begun is finished nevertheless.
 * @throws DependencyError if the records or the queue can't be read.
 */
export async function cancel(
  request: CancelRequest,
  producer: CancellingProducer,
  signal: AbortSignal,
): Promise<Cancelled> {
  const { id, by, mayCancel } = request;
  const { registry, inFlight } = producer;
  const facts = await lookUp({ id, view: "full", signal }, producer);
  const state = describeTask(facts, tellingOf(producer))?.state;
  if (!state) return { kind: "unknown" };
  // A task that is gone without a record has no owner to check, and only its id is known of it.
  if (isKnown(facts)) {
    const access = mayCancel(ownerOf(facts));
    if (!access.allowed) return { kind: "forbidden", access };
  }
  if (state === "finished" || (state === "removed" && !facts.record)) return { kind: "finished", state };
  // An envelope of a later revision may not be readable, but its record says enough.
  const envelope = envelopeOf(facts) ?? recordedEnvelope(facts);
  if (envelope?.id !== id) return { kind: "foreign" };
  const isNatural = mayRunUnrecorded(envelope, registry.types);
  return await inFlight.track(cancelFound({ envelope, by, isNatural }, producer));
}

interface Found {
  readonly envelope: Envelope;
  readonly by: string;
  readonly isNatural: boolean;
}

async function cancelFound({ envelope, by, isNatural }: Found, producer: CancellingProducer): Promise<Cancelled> {
  const canceller = { task: envelope, by, isNatural, owner: randomUUID() };
  const decide = ({ record, readTimeMs }: ReadRecord) => decideCancel(record, canceller, readTimeMs);
  const change = () => producer.records.change(envelope, decide, RECORD_TIMEOUT_MS);
  const decision = await unlessUnavailable(change, { taskId: envelope.id, ...producer });
  if (decision?.kind !== "cancelled") return decision ?? { kind: "unclear" };

  const isDeleted = await deleteHops(envelope.id, hopsToDelete(decision.hop, { isNatural }), producer);
  return isDeleted || !isNatural ? decision : { kind: "unclear" };
}
