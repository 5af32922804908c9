import type { Envelope } from "../../../../shared/contract/envelope.ts";
import type { TaskTypes } from "../../../../shared/contract/registry.ts";
import { type TaskId, isMarkedNatural } from "../../../../shared/contract/task-id.ts";
import { sealEntry } from "../../../../shared/outbox/seal-entry.ts";
import type { WaitingEntry } from "../status/find-entry.ts";
import type { TaskFacts } from "../status/task-status.ts";

/** The envelope of what has a task's name, from the queue or else from the outbox. Its id tells whether that is the task. */
export function envelopeOf({ sighting, entry }: TaskFacts): Envelope | undefined {
  return sighting.kind === "found" ? sighting.task.envelope : entry && enteredEnvelope(entry);
}

/** The envelope of a task that only its record knows, or whose own can't be read. Its payload is null. */
export function recordedEnvelope({ id, record }: TaskFacts): Envelope | undefined {
  if (!record) return undefined;
  const { type = "", payloadHash, enqueuedAt = "", hop } = record;
  return { id, type, payload: null, payloadHash, enqueuedAt, ...(hop === undefined ? {} : { hop }) };
}

function enteredEnvelope(entered: WaitingEntry): Envelope {
  const { hopAt: _notYet, text: _text, ...envelope } = sealEntry(entered, entered.sinceMs);
  return { ...envelope, payload: JSON.parse(entered.entry.payloadJson) };
}

/** Whether a task may run without a trace in its record. A type that this revision doesn't know may be `natural`. */
export function mayRunUnrecorded(
  { id, type }: { readonly id: TaskId; readonly type: string },
  types: TaskTypes,
): boolean {
  return isMarkedNatural(id) || (types.get(type)?.idempotency ?? "natural") === "natural";
}
