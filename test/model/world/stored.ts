import { Timestamp } from "@google-cloud/firestore";
import { taskIdForKey } from "../../../shared/contract/task-id.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import { DELETED, type Fields, SERVER_TIME, type Task, type Transition } from "../../../shared/records/transition.ts";
import type { Decisions } from "../decisions.ts";
import { type Commit, LEASE_MS, PAYLOAD_HASH, type World } from "./world.ts";

/** The model's one task. */
export const TASK: Task = {
  envelope: {
    id: taskIdForKey({ type: "test.model", queue: "default", idempotencyKey: "one" }),
    type: "test.model",
    payload: null,
    payloadHash: PAYLOAD_HASH,
    enqueuedAt: "2026-01-02T00:00:00.000Z",
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
  return transition.kind === "keepConflict" ? undefined : transition.as?.fence;
}

/** What Firestore keeps of a write: its own time where requested, and nothing of deleted fields. */
function stored(base: TaskRecord | null, fields: Fields): (nowMs: number) => TaskRecord {
  return (nowMs) => {
    const record: Record<string, unknown> = { ...base };
    for (const [name, value] of Object.entries(fields)) {
      if (value === DELETED) delete record[name];
      else record[name] = value === SERVER_TIME ? Timestamp.fromMillis(nowMs) : value;
    }
    // oxlint-disable-next-line no-unsafe-type-assertion -- The worker's own fields; parsing each would take minutes.
    return record as TaskRecord;
  };
}
