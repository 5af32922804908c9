import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { carriedFrom } from "../../../../shared/records/attempt-log.ts";
import {
  type TaskRecord,
  type TerminalState,
  isExpired,
  isTerminal,
  leaseLeftMs,
} from "../../../../shared/records/task-record.ts";
import type { Transition } from "../../../../shared/records/transition.ts";
import { entriesToDrop } from "../moving/delete-hops.ts";

/** Another time for a task. */
export interface NewTime {
  /** The task with its payload, and its hop as it was found. It may have gone on since. */
  readonly task: Pick<Envelope, "id" | "payloadHash" | "hop">;
  /** When it is to run, in milliseconds since the epoch; null: now. */
  readonly dueAtMs: number | null;
  /** A token made for this request, before the record is read. */
  readonly owner: string;
}

/** What giving a task another time comes to once its transition is durable; null if there is nothing to write. */
export type RunDecision = { readonly transition: Extract<Transition, { kind: "hop" }> | null } & RunResult;

export type RunResult =
  /** The task goes on at its next hop, at the new time. */
  | { readonly kind: "moved"; readonly toHop: number }
  /** An attempt is at work, or was told to end the task. */
  | { readonly kind: "running" }
  | { readonly kind: "finished"; readonly state: TerminalState }
  /** The task has gone on since it was found. */
  | { readonly kind: "gone-on" }
  /** What was found is another task than the one on record. */
  | { readonly kind: "foreign" };

/**
 * Decides from the record alone, at the time of the read by Firestore's clock.
 *
 *     (none), waiting, running past its lease ──▶ waiting, at the next hop
 *
 * A record that is at the next hop already, and due at the wanted time, is what an earlier call wrote whose response was
 * lost, or as good as that.
 */
export function decideRun(record: TaskRecord | null, newTime: NewTime, readTimeMs: number): RunDecision {
  const { task, dueAtMs, owner } = newTime;
  const { hop: foundHop = 0 } = task;
  const next = { hop: foundHop + 1, notBeforeMs: dueAtMs };
  const moved = { kind: "moved", toHop: next.hop } as const;
  const dropped = entriesToDrop(task, foundHop);
  if (!record || isExpired(record, readTimeMs)) {
    const as = { owner, fence: record ? record.fence + 1 : 0, from: null };
    return { transition: { kind: "hop", attempts: 0, log: [], as, next, dropped }, ...moved };
  }
  const standing = standingOf(record, newTime, readTimeMs);
  if (standing) return { transition: null, ...standing };
  const { attempts, state, fence } = record;
  const log = carriedFrom(record);
  // An attempt whose lease is over may still be at work. Without the record it can't take the new time back.
  const as = state === "running" ? { owner, fence: fence + 1, from: record } : null;
  return { transition: { kind: "hop", attempts, log, as, next, dropped }, ...moved };
}

/** What keeps a task from moving on from the hop at which it was found; undefined if nothing does. */
function standingOf(record: TaskRecord, { task, dueAtMs }: NewTime, readTimeMs: number): RunResult | undefined {
  const { state, payloadHash, cancelRequestedAt, hop = 0, notBefore } = record;
  const { hop: foundHop = 0 } = task;
  if (payloadHash !== task.payloadHash) return { kind: "foreign" };
  if (isTerminal(state)) return { kind: "finished", state };
  if (cancelRequestedAt || leaseLeftMs(record, readTimeMs) > 0) return { kind: "running" };
  if (hop <= foundHop) return undefined;
  const dueMs = notBefore === undefined ? null : Date.parse(notBefore);
  const isWanted = state === "waiting" && hop === foundHop + 1 && dueMs === dueAtMs;
  return isWanted ? { kind: "moved", toHop: hop } : { kind: "gone-on" };
}
