import type { Json } from "../contract/any-json.ts";
import type { Envelope } from "../contract/envelope.ts";
import type { OutboxEntry } from "../outbox/entry.ts";
import type { AttemptLog } from "./attempt-log.ts";
import type { TaskError, TaskRecord, TaskState } from "./task-record.ts";

/** What distinguishes an attempt from all others, and the number of attempts so far. */
export interface AttemptNumbers {
  /** The attempt's own token, generated before anything is read. */
  readonly owner: string;
  /** The fencing token. */
  readonly fence: number;
  readonly attempts: number;
}

/** Every kind of write about a task, as data. `writesOf` turns it into documents. */
export type Transition =
  /** The attempt owns the task for a lease that begins at the commit, by Firestore's clock. */
  | (Logged & {
      readonly kind: "claim";
      readonly attempt: AttemptNumbers;
      /** The instance that makes the claim. */
      readonly instance: string;
      readonly from: TaskRecord | null;
    })
  | (Ending & Logged & Following & { readonly kind: "complete"; readonly result: Json })
  /**
   * The task waits for its next attempt. The error is null if this attempt reports nothing about the task. `next` is
   * set unless the queue's own backoff sets the time.
   */
  | (Ending &
      Logged & {
        readonly kind: "retry";
        readonly error: TaskError | null;
        readonly unknownTypes?: number;
        /** Whether this attempt is counted after snoozes, which resets their number. */
        readonly endsSnoozes?: true;
        readonly next?: NextHop;
      })
  /** The handler snoozed its task. No attempt is counted, only the snoozes in a row. */
  | (Ending & Logged & { readonly kind: "snooze"; readonly snoozes: number; readonly next: NextHop })
  /** The task isn't retried. One commit ends its record and keeps its payload in a dead letter. */
  | (Ending & Logged & Following & { readonly kind: "deadLetter"; readonly error: TaskError })
  /**
   * The task ends without success and without a dead letter. The error is null if no attempt reported one. `by` is set
   * unless the record has it already.
   */
  | (Ending & Logged & Dropping & { readonly kind: "cancel"; readonly error: TaskError | null; readonly by?: string })
  /** The attempt that owns the task runs to its end. Unless it succeeds, the task is then cancelled. */
  | { readonly kind: "requestCancel"; readonly by: string }
  /** The task gets another time without an attempt: a delivery was early, or somebody runs or reschedules it. */
  | (Ending & Logged & Dropping & { readonly kind: "hop"; readonly next: NextHop })
  /** A different payload under the task's id gets its own dead letter, unless it has one. The record stays. */
  | { readonly kind: "keepConflict"; readonly error: TaskError }
  /**
   * An outbox entry that can't be relayed becomes a dead letter. If `as` is set, the task is dead and its record is
   * written too; otherwise the letter is named after the entry.
   */
  | { readonly kind: "refuseEntry"; readonly error: TaskError; readonly entryId: string; readonly as: NewRecord | null }
  /** The record is kept longer, because an old outbox entry is about to put the task into its queue. */
  | { readonly kind: "renew" }
  /** A dead letter's payload becomes a new task, whose first hop is an outbox entry. */
  | {
      readonly kind: "replay";
      readonly letterId: string;
      readonly entry: OutboxEntry;
      readonly by: string;
      /** How many times the letter was replayed, including this time. */
      readonly replays: number;
      /** The hash of the new task's payload, if it isn't the letter's. */
      readonly otherPayload?: string;
      /** Unique to whoever makes this transition. */
      readonly requestId?: string;
      /** The last idempotency keys of replays, with the ids that they made; oldest first. */
      readonly replayKeys: readonly ReplayKey[];
    };

/** The idempotency key of a replay, and the task that it created. */
export interface ReplayKey {
  readonly key: string;
  readonly id: string;
}

/** The next time that a task is put into its queue. */
export interface NextHop {
  readonly hop: number;
  /** When the task is due on that hop, in milliseconds since the epoch; null: at once. */
  readonly notBeforeMs: number | null;
}

/**
 * The whole log of the task's last attempts after this transition. It never depends on what is stored when it is
 * written, so a repeated commit writes the same log.
 */
interface Logged {
  readonly log: AttemptLog;
}

interface Ending {
  /** The number of counted attempts, including this one if it counts. */
  readonly attempts: number;
  /** Set to write a whole record; null to write only the fields that end the existing one. */
  readonly as: NewRecord | null;
}

/** New tasks that are committed with the transition. */
interface Following {
  readonly children?: readonly NewTask[];
}

/** Outbox entries that the transition deletes. */
interface Dropping {
  readonly dropped?: readonly string[];
}

/** A new task, and what its entry's id depends on. */
export interface NewTask {
  readonly entry: OutboxEntry;
  readonly payloadHash: string;
}

/** A new record. It continues the one that was read, or starts afresh if that is null. */
export interface NewRecord extends Pick<AttemptNumbers, "owner" | "fence"> {
  readonly from: TaskRecord | null;
}

/** What a transition needs to know about its task. */
export interface Task {
  readonly envelope: Envelope;
  /** How long a claim lasts. */
  readonly leaseMs: number;
  /** How long a dead letter is kept. */
  readonly deadLetterRetentionMs: number;
  /** Called with the ids of the outbox entries that a commit is about to write. Default: not called. */
  readonly onEntries?: (ids: readonly string[]) => void;
}

/** The record's state after a transition; null if the transition doesn't change the record. */
export function stateAfter(transition: Transition): TaskState | null {
  const { kind } = transition;
  switch (kind) {
    case "claim":
    case "requestCancel":
      return "running";
    case "complete":
      return "succeeded";
    case "retry":
    case "snooze":
    case "hop":
      return "waiting";
    case "deadLetter":
      return "dead";
    case "cancel":
      return "cancelled";
    case "refuseEntry":
      return transition.as ? "dead" : null;
    case "keepConflict":
    case "renew":
    case "replay":
      return null;
    default:
      return kind satisfies never;
  }
}
