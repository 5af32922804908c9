import { Timestamp } from "@google-cloud/firestore";
import { deriveTaskId } from "../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import type { Task, Transition } from "../../../shared/records/transition.ts";
import { DELETED, SERVER_TIME } from "../../../shared/records/field-values.ts";
import type { Fields } from "../../../shared/records/writes.ts";
import type { Decisions } from "../decisions.ts";
import { type Commit, LEASE_MS, PAYLOAD_HASH, type World } from "./world.ts";

/** The model's one task. */
export const TASK: Task = {
  envelope: {
    id: deriveTaskId(["key", "caller", "test.model", "one"], { queue: "default", idempotency: "claim" }),
    type: "test.model",
    payload: null,
    payloadHash: PAYLOAD_HASH,
    enqueuedAt: "2026-01-02T00:00:00.000Z",
    caller: "shop@example.com",
  },
  leaseMs: LEASE_MS,
  deadLetterRetentionMs: 10 * 24 * 60 * 60_000,
};

/**
 * The commit of a transition, as the worker's own interpreter writes it.
 *
 * @param by.fence the fence that its writer holds, if the transition names none.
 */
export function commitOf(
  { record, nowMs }: World,
  transition: Transition,
  { decisions, fence, payloadHash = PAYLOAD_HASH }: CommittedBy,
): Commit {
  const task = { ...TASK, envelope: { ...TASK.envelope, payloadHash } };
  // The instance's clock agrees with Firestore's. A wrong clock can only falsify an expiry, which has tests of its own.
  const writes = decisions.writesOf(transition, task, { before: record, nowMs });
  const base = writes.record?.kind === "update" ? record : null;
  return {
    transition,
    sentMs: nowMs,
    fence: fenceOf(transition) ?? fence ?? record?.fence ?? 0,
    ...(writes.record ? { record: stored(base, writes.record.fields) } : {}),
    ...(writes.letter
      ? { letter: transition.kind === "keepConflict" ? "conflict" : "own", letterFields: { ...writes.letter.fields } }
      : {}),
  };
}

interface CommittedBy {
  readonly decisions: Pick<Decisions, "writesOf">;
  readonly fence?: number;
  readonly payloadHash?: string;
}

function fenceOf(transition: Transition): number | undefined {
  if (transition.kind === "claim") return transition.attempt.fence;
  return "as" in transition ? transition.as?.fence : undefined;
}

/**
 * What Firestore keeps of a write: its own time where requested, and nothing of deleted fields. The world's key asks for the
 * same time again and again.
 */
export function stored(base: TaskRecord | null, fields: Fields): (nowMs: number) => TaskRecord {
  let last: { readonly nowMs: number; readonly record: TaskRecord } | undefined;
  return (nowMs) => {
    if (last?.nowMs === nowMs) return last.record;
    const record: Record<string, unknown> = { ...base };
    for (const [name, value] of Object.entries(fields)) {
      if (value === DELETED) delete record[name];
      else record[name] = value === SERVER_TIME ? Timestamp.fromMillis(nowMs) : value;
    }
    // oxlint-disable-next-line no-unsafe-type-assertion -- The worker's own fields; parsing each would take minutes.
    last = { nowMs, record: record as TaskRecord };
    return last.record;
  };
}
