import type { Envelope } from "../../../../shared/contract/envelope.ts";
import { carriedFrom } from "../../../../shared/records/attempt-log.ts";
import { type TaskRecord, isExpired, isTerminal, leaseLeftMs } from "../../../../shared/records/task-record.ts";
import type { Transition } from "../../../../shared/records/transition.ts";
import { entriesToDrop } from "../moving/delete-hops.ts";

/** Who cancels a task, and what is known about it without its record. */
export interface Canceller {
  /** The e-mail address of the caller. */
  readonly by: string;
  /** The task, and its hop as it was found. It may have gone on since. */
  readonly task: Pick<Envelope, "id" | "payloadHash" | "hop">;
  /** A token made for this request, before the record is read. */
  readonly owner: string;
  /** Whether the task may run without a trace in its record, as `natural` ones do. */
  readonly isNatural: boolean;
}

/** What a cancel comes to once its transition is durable; null if there is nothing to write. */
export type CancelDecision = { readonly transition: Transition | null } & CancelResult;

export type CancelResult =
  /** The task is cancelled, at this hop of it. If `mayHaveRun` is false, no attempt of it ever began. */
  | { readonly kind: "cancelled"; readonly mayHaveRun: boolean; readonly hop: number }
  /** An attempt owns the task, and was asked to end. */
  | { readonly kind: "requested" }
  | { readonly kind: "finished"; readonly state: "succeeded" | "dead" };

/**
 * Decides from the record alone, at the time of the read by Firestore's clock. Deciding again after a commit whose response
 * was lost gives the same result.
 *
 *     (none), waiting, running past its lease ──▶ cancelled
 *     running ──▶ running, cancel requested       its attempt, or what comes after its lease, makes it cancelled
 *
 * The entry of the task's hop is deleted with the cancel, whether or not there is one.
 */
export function decideCancel(record: TaskRecord | null, canceller: Canceller, readTimeMs: number): CancelDecision {
  const { task, by, owner, isNatural } = canceller;
  if (!record || isExpired(record, readTimeMs)) {
    const as = { owner, fence: record ? record.fence + 1 : 0, from: null };
    return {
      transition: {
        kind: "cancel",
        attempts: 0,
        error: null,
        log: [],
        by,
        as,
        dropped: entriesToDrop(task, task.hop ?? 0),
      },
      kind: "cancelled",
      mayHaveRun: isNatural || as.fence > 0,
      hop: task.hop ?? 0,
    };
  }
  const { state, attempts, cancelRequestedAt, hop = 0 } = record;
  const cancelled = { kind: "cancelled", mayHaveRun: isNatural || hasBegun(record), hop } as const;
  if (isTerminal(state))
    return { transition: null, ...(state === "cancelled" ? cancelled : { kind: "finished", state }) };
  if (leaseLeftMs(record, readTimeMs) > 0) {
    return { transition: cancelRequestedAt ? null : { kind: "requestCancel", by }, kind: "requested" };
  }
  const log = carriedFrom(record);
  const dropped = entriesToDrop(task, hop);
  return { transition: { kind: "cancel", attempts, error: null, log, by, as: null, dropped }, ...cancelled };
}

/**
 * Whether an attempt ever began. Each has raised the fence, whether it was counted or not; but so has each delivery that came
 * early, and those that only led to the next hop left no other trace.
 */
function hasBegun({ fence, hop = 0, attempts, attemptLog = [] }: TaskRecord): boolean {
  return attempts > 0 || attemptLog.length > 0 || fence > hop;
}
