import type { Json } from "../contract/any-json.ts";
import type { Envelope } from "../contract/envelope.ts";
import type { OutboxEntry } from "../outbox/entry.ts";
import type { AttemptLog } from "./attempt-log.ts";
import type { TaskError, TaskRecord, TaskState } from "./task-record.ts";

/** What identifies an attempt among all others, and the number of attempts so far. */
export interface AttemptNumbers {
  /** The attempt's own token, generated before anything is read. */
  readonly owner: string;
  /** The fencing token. */
  readonly fence: number;
  readonly attempts: number;
}

/** Everything that is ever written about a task, as data. `writesOf` turns it into documents. */
export type Transition =
  /** The attempt owns the task for a lease, which begins at the commit, by Firestore's clock. */
  | (Logged & {
      readonly kind: "claim";
      readonly attempt: AttemptNumbers;
      /** The instance that claims. */
      readonly instance: string;
      readonly from: TaskRecord | null;
    })
  | (Ending & Logged & Following & { readonly kind: "complete"; readonly result: Json })
  /**
   * The task waits for its next attempt. The error is null if this attempt says nothing about the task. `next` is set
   * unless the queue's own backoff sets the time.
   */
  | (Ending &
      Logged & {
        readonly kind: "retry";
        readonly error: TaskError | null;
        readonly unknownTypes?: number;
        /** Whether this attempt counts after others that put the task off: then their number is forgotten. */
        readonly endsSnoozes?: true;
        readonly next?: NextHop;
      })
  /** The handler put its task off. That counts no attempt, but how often it happened in a row. */
  | (Ending & Logged & { readonly kind: "snooze"; readonly snoozes: number; readonly next: NextHop })
  /** The task isn't retried. Its record says so and a dead letter keeps its payload, in one commit. */
  | (Ending & Logged & Following & { readonly kind: "deadLetter"; readonly error: TaskError })
  /**
   * The task is over without success, and without a dead letter. The error is null if this says nothing about an attempt;
   * `by` is set unless the record has it already.
   */
  | (Ending & Logged & Dropping & { readonly kind: "cancel"; readonly error: TaskError | null; readonly by?: string })
  /** The attempt that owns the task runs to its end, and unless it succeeds, the task is cancelled. */
  | { readonly kind: "requestCancel"; readonly by: string }
  /** The task gets another time without an attempt: a delivery came early, or somebody runs or reschedules it. */
  | (Ending & Logged & Dropping & { readonly kind: "hop"; readonly next: NextHop })
  /**
   * A different payload under the task's id gets a dead letter of its own, unless it has one. The record doesn't change.
   */
  | { readonly kind: "keepConflict"; readonly error: TaskError }
  /**
   * An entry of the outbox that can't be relayed becomes a dead letter. If `as` is set, the task is dead, and its record
   * says so; else the letter is named after the entry.
   */
  | { readonly kind: "refuseEntry"; readonly error: TaskError; readonly entryId: string; readonly as: NewRecord | null }
  /** The record is kept for longer: an old entry of the outbox is about to bring the task back. */
  | { readonly kind: "renew" }
  /** A dead letter's payload becomes a new task, whose first hop is an entry in the outbox. */
  | {
      readonly kind: "replay";
      readonly letterId: string;
      readonly entry: OutboxEntry;
      readonly by: string;
      /** How often the letter was replayed, this time included. */
      readonly replays: number;
      /** The hash of the new task's payload, if that isn't the letter's. */
      readonly otherPayload?: string;
      /** Unique to whoever makes this transition. */
      readonly requestId?: string;
      /** The last keys by which it was asked for, with the ids that they made; oldest first. */
      readonly replayKeys: readonly ReplayKey[];
    };

/** A key by which somebody asked for a replay, and the task that it made. */
export interface ReplayKey {
  readonly key: string;
  readonly id: string;
}

/** The next time that a task is put into its queue. */
export interface NextHop {
  readonly hop: number;
  /** When the task is due then, in milliseconds since the epoch; null: at once. */
  readonly notBeforeMs: number | null;
}

/**
 * The whole log of the task's last attempts, as it is after this. It never depends on what is stored when it is written: a
 * commit that is repeated writes the same.
 */
interface Logged {
  readonly log: AttemptLog;
}

interface Ending {
  /** Attempts that count, including this one if it does. */
  readonly attempts: number;
  /** Set to write a whole record; null to write only the fields that end the existing one. */
  readonly as: NewRecord | null;
}

/** New tasks that are committed with this. */
interface Following {
  readonly children?: readonly NewTask[];
}

/** Entries of the outbox that this makes void. */
interface Dropping {
  readonly dropped?: readonly string[];
}

/** A new task with what its entry's id depends on. */
export interface NewTask {
  readonly entry: OutboxEntry;
  readonly payloadHash: string;
}

/** A record that continues from the one that was read, or starts fresh if that is null. */
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
  /** Told the ids of the entries that a commit is about to write into the outbox. Default: nobody is. */
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
