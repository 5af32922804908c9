import { randomUUID } from "node:crypto";
import type { Envelope } from "../../../../shared/contract/envelope.ts";
import type { TaskId } from "../../../../shared/contract/task-id.ts";
import { hopEntryId } from "../../../../shared/outbox/entry.ts";
import type { ReadRecord } from "../../../../shared/records/read-record.ts";
import type { TerminalState } from "../../../../shared/records/task-record.ts";
import type { Access } from "../../access/rules.ts";
import type { Producer } from "../../producer.ts";
import { deleteHops, hopsToDelete, unlessUnavailable } from "../moving/delete-hops.ts";
import { envelopeOf, mayRunUnrecorded } from "../moving/found-task.ts";
import { relayAtOnce } from "../moving/relay-at-once.ts";
import { lookUp } from "../status/look-up.ts";
import { type TaskFacts, describeTask, isKnown, ownerOf, tellingOf } from "../status/task-status.ts";
import type { TaskView } from "../status/task-view.ts";
import { decideRun } from "./decide-run.ts";

/** The result of a request to reschedule a task. */
export type Moved =
  /** It is due at the new time, and no longer at the old one. */
  | { readonly kind: "moved"; readonly task: TaskView }
  | { readonly kind: "running" }
  | { readonly kind: "finished"; readonly state: TerminalState | "finished" }
  /** Its payload is nowhere to be found. */
  | { readonly kind: "removed" }
  /** What the queue has under this name was not put there by a producer, or by one of a later revision that this one can't read. */
  | { readonly kind: "foreign" }
  | { readonly kind: "unknown" }
  | { readonly kind: "forbidden"; readonly access: Extract<Access, { allowed: false }> }
  /** The task may or may not be due at the new time. */
  | { readonly kind: "unclear" };

/** Which task is to run when, and whether the caller may say so, given the task's owner if that is known. */
export interface RunRequest {
  readonly id: TaskId;
  /** In milliseconds since the epoch; null: now. */
  readonly dueAtMs: number | null;
  readonly mayRun: (owner: string | undefined) => Access;
}

type RunningProducer = Pick<
  Producer,
  "registry" | "records" | "queue" | "relay" | "clock" | "log" | "inFlight" | "console"
>;

/** How long the record may keep the request waiting, in milliseconds: an attempt in a transaction locks it. */
const RECORD_TIMEOUT_MS = 3_000;

/** How often to look up a task that keeps moving to later hops. */
const MAX_LOOK_UPS = 3;

/**
 * Reschedules a task with a new hop: Cloud Tasks can't reschedule a task, and running one early has no effect on a hop
 * that isn't due.
 *
 *     look up, with payload ──▶ record: waiting at the next hop; its entry, without the old one ──▶ DeleteTask ──▶ relay
 *
 * From the commit on, a delivery of the old hop finds a later one in the record. Only the first delivery of a `natural` task
 * reads nothing, so there the old hop counts as gone only once Cloud Tasks has responded.
 *
 * @param signal fires when the caller has gone. What has begun is finished nevertheless.
 * @throws DependencyError if the records or the queue can't be read.
 */
export async function runTask(request: RunRequest, producer: RunningProducer, signal: AbortSignal): Promise<Moved> {
  for (let lookUps = 1; lookUps <= MAX_LOOK_UPS; lookUps++) {
    const facts = await lookUp({ id: request.id, view: "payload", signal }, producer);
    const found = findMovable(facts, request, producer);
    if (found.kind !== "movable") {
      await finishEarlierMove(facts, found, producer);
      return found;
    }
    const moved = await producer.inFlight.track(move(found.envelope, request.dueAtMs, producer));
    if (moved === "moved") return await viewOf(request.id, producer, signal);
    if (moved !== "gone-on") return moved;
  }
  return { kind: "unclear" };
}

type Movable = { readonly kind: "movable"; readonly envelope: Envelope };

function findMovable(
  facts: TaskFacts,
  { id, mayRun }: RunRequest,
  producer: RunningProducer,
): Movable | Exclude<Moved, { kind: "moved" }> {
  const state = describeTask(facts, tellingOf(producer))?.state;
  if (!state) return { kind: "unknown" };
  if (isKnown(facts)) {
    const access = mayRun(ownerOf(facts));
    if (!access.allowed) return { kind: "forbidden", access };
  }
  const envelope = envelopeOf(facts);
  switch (state) {
    case "running":
      // The record may be that of an attempt that was lost.
      return facts.record && envelope?.id === id ? { kind: "movable", envelope } : { kind: "running" };
    case "succeeded":
    case "dead":
    case "cancelled":
    case "finished":
      return { kind: "finished", state };
    case "removed":
      return { kind: "removed" };
    case "queued":
    case "scheduled":
    case "waiting":
      if (envelope?.id === id) return { kind: "movable", envelope };
      return { kind: facts.sighting.kind === "found" ? "foreign" : "removed" };
    default:
      return state satisfies never;
  }
}

async function move(
  envelope: Envelope,
  dueAtMs: number | null,
  producer: RunningProducer,
): Promise<"moved" | "gone-on" | Moved> {
  const { id, hop = 0 } = envelope;
  const newTime = { task: envelope, dueAtMs, owner: randomUUID() };
  const decide = ({ record, readTimeMs }: ReadRecord) => decideRun(record, newTime, readTimeMs);
  const change = () => producer.records.change(envelope, decide, RECORD_TIMEOUT_MS);
  const decision = await unlessUnavailable(change, { taskId: id, log: producer.log });
  if (!decision) return { kind: "unclear" };
  if (decision.kind === "gone-on") return "gone-on";
  if (decision.kind !== "moved") return decision;

  const isNatural = mayRunUnrecorded(envelope, producer.registry.types);
  const isDeleted = await deleteHops(id, hopsToDelete(hop, { isNatural }), producer);
  await relayAtOnce(hopEntryId(id, decision.toHop), producer);
  return isDeleted || !isNatural ? "moved" : { kind: "unclear" };
}

/**
 * A natural task may have run at the new time while nobody knew whether its old hop was deleted. Whoever repeats the request
 * deletes that, too.
 */
async function finishEarlierMove({ id, record }: TaskFacts, found: Moved, producer: RunningProducer): Promise<void> {
  if (found.kind === "finished" && found.state === "finished" && record?.hop) await deleteHops(id, [0], producer);
}

async function viewOf(id: TaskId, producer: RunningProducer, signal: AbortSignal): Promise<Moved> {
  const look = () => lookUp({ id, view: "basic", signal }, producer);
  const facts = await unlessUnavailable(look, { taskId: id, log: producer.log });
  const task = facts && describeTask(facts, tellingOf(producer));
  return task ? { kind: "moved", task } : { kind: "unclear" };
}
