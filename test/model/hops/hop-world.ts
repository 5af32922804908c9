import * as z from "zod";
import type { CancelResult } from "../../../services/producer/tasks/cancel/decide-cancel.ts";
import type { Outcome } from "../../../services/worker/outcome.ts";
import type { Envelope } from "../../../shared/contract/envelope.ts";
import { hashPayload } from "../../../shared/contract/payload-hash.ts";
import { deriveTaskId } from "../../../shared/contract/task-id.ts";
import { type Idempotency, defineTask } from "../../../shared/contract/task-type.ts";
import { newTaskEntryId } from "../../../shared/outbox/entry.ts";
import { type OnDead, childTask } from "../../../shared/outbox/follow-up.ts";
import type { AttemptLog } from "../../../shared/records/attempt-log.ts";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import type { AttemptNumbers, NewTask, Transition } from "../../../shared/records/transition.ts";
import type { Fields } from "../../../shared/records/writes.ts";
import type { Revision } from "../shards/revisions.ts";
import { TASK } from "../world/stored.ts";
import { MAX_ATTEMPTS, PAYLOAD_HASH } from "../world/world.ts";

/**
 * Everything about a task that moves from hop to hop: its record, its entries in the outbox, its names in Cloud Tasks, who
 * relays it, who runs it, and its dead letter.
 */
export interface HopWorld {
  readonly kind: Idempotency;
  /** How far a change of the number of shards is rolled out; see `revisionsAt`. */
  readonly stage: number;
  /** The time of Firestore, and of every instance. */
  readonly nowMs: number;
  readonly record: TaskRecord | null;
  /** Stands for the record's update time: it grows with each write. */
  readonly version: number;
  readonly entries: readonly Entry[];
  readonly names: readonly Name[];
  /** Relays at work, or whose process is suspended. */
  readonly relays: readonly Relaying[];
  readonly running: readonly HopAttempt[];
  /** The task's own dead letter, and how often it was written. */
  readonly letter: { readonly fields: Fields; readonly version: number } | null;
  /** The letters of other payloads and of refused entries. */
  readonly otherLetters: readonly string[];
  /** Each replay that was committed. */
  readonly replays: readonly { readonly n: number; readonly id: string }[];
  /** A replay that is decided but not committed yet. */
  readonly heldReplay: HeldReplay | null;
  /** The id of each follow-up that was committed, or for a natural task created; more than once if it was. */
  readonly children: readonly string[];
  /** Cloud Tasks was told that the task is done, by an attempt that leaves no record. */
  readonly isDone: boolean;
  /** Another payload was enqueued under the task's id. */
  readonly hasImpostor: boolean;
  /** Somebody lost the record, or put back an earlier one. */
  readonly isDamaged: boolean;
  /** How many attempts, requests and relays there have been; used to name the next one. */
  readonly owners: number;
}

/** An entry of the outbox. */
export interface Entry {
  readonly id: string;
  readonly hop: number;
  readonly payloadHash: string;
  /** As RFC 3339. */
  readonly notBefore: string | undefined;
  /** Stands for its update time. */
  readonly version: number;
  readonly createdAtMs: number;
}

/** A name in Cloud Tasks: that of a task, or of one that was there until recently. */
export interface Name {
  readonly hop: number;
  /** The name of its queue. While the number of shards changes, each of two can have a task of one hop. */
  readonly queue: string;
  readonly payloadHash: string;
  readonly notBefore: string | undefined;
  readonly createdAtMs: number;
  readonly isQueued: boolean;
  /** Somebody took it out of its queue before it was delivered. */
  readonly isPurged?: boolean;
  /** A delivery of it has failed, and Cloud Tasks says so. */
  readonly hasFailed: boolean;
}

/** A relay that has read its entry, or has created its task as well. */
export interface Relaying {
  readonly revision: Revision;
  readonly entry: Entry;
  readonly hasCreated: boolean;
}

/** An attempt that believes that it is running. */
export interface HopAttempt {
  readonly owner: string;
  readonly name: Name;
  readonly startedAtMs: number;
  readonly isFirstDispatch: boolean;
  readonly numbers: AttemptNumbers;
  readonly log: AttemptLog;
  readonly snoozes: number;
  /** What a transaction read. */
  readonly read: TaskRecord | null;
  readonly version: number;
}

export interface HeldReplay {
  readonly transition: Extract<Transition, { kind: "replay" }>;
  readonly payloadHash: string;
  readonly version: number;
}

/** What happened in a step, in order. */
export type HopEvent =
  | {
      readonly kind: "began";
      readonly attempt: HopAttempt;
      /** The record before its claim. */
      readonly before: TaskRecord | null;
    }
  | {
      readonly kind: "wrote";
      readonly before: TaskRecord | null;
      readonly after: TaskRecord;
      readonly transition: Transition;
      /** What whoever wrote it was about. */
      readonly envelope: Envelope;
      readonly sentMs: number;
    }
  | {
      readonly kind: "kept-letter";
      readonly id: string;
      readonly payloadHash: string;
      readonly transition: Transition;
      readonly fields: Fields;
      readonly sentMs: number;
    }
  | { readonly kind: "entered"; readonly id: string; readonly fields: Fields; readonly transition: Transition }
  /** An entry was deleted: with a transition, or by a relay, which has none. */
  | {
      readonly kind: "deleted";
      readonly entry: Entry;
      readonly by: Transition["kind"] | null;
      readonly world: HopWorld;
    }
  | {
      readonly kind: "answered";
      readonly outcome: Outcome;
      readonly isSuccess: boolean;
      readonly name: Name;
      readonly record: TaskRecord | null;
      readonly otherLetters: readonly string[];
    }
  | {
      readonly kind: "cancel-answered";
      readonly told: CancelResult;
      /** Where whoever cancelled the task has looked for it, and whether Cloud Tasks confirmed the deletions. */
      readonly queues: readonly string[];
      readonly isDeleted: boolean;
      readonly world: HopWorld;
    }
  | {
      readonly kind: "move-answered";
      readonly toHop: number;
      readonly dueAtMs: number | null;
      readonly queues: readonly string[];
      readonly world: HopWorld;
    }
  /** Somebody asked a producer about the task. */
  | { readonly kind: "looked-up"; readonly revision: Revision; readonly isFound: boolean }
  /** Somebody handed the task over. `wasHeld`: one of the queues that the revision knows had its name before. */
  | { readonly kind: "posted"; readonly revision: Revision; readonly wasHeld: boolean }
  /** A worker didn't accept a delivery from its queue. */
  | { readonly kind: "refused"; readonly name: Name; readonly isSuccess: boolean }
  | { readonly kind: "replay-answered"; readonly id: string; readonly world: HopWorld };

export const HOUR_MS = 60 * 60_000;

/** No task goes further than this in the model. */
export const LAST_HOP = 3;

const START_MS = Date.parse(TASK.envelope.enqueuedAt);

/** What follows a success, and what follows a death. */
const FOLLOWING = defineTask({
  type: "test.following",
  payload: z.strictObject({}),
  queue: "default",
  timeoutMs: 1_000,
  attempts: 1,
});

export const TASK_TYPES = {
  claim: taskTypeOf("claim"),
  transaction: taskTypeOf("transaction"),
  natural: taskTypeOf("natural"),
} as const;

function taskTypeOf(idempotency: Idempotency) {
  return defineTask({
    type: "test.model",
    payload: z.null(),
    queue: "default",
    timeoutMs: 1_000,
    attempts: MAX_ATTEMPTS,
    idempotency,
  });
}

const TASK_IDS = {
  claim: deriveTaskId(["outbox", "test.model", "one"], TASK_TYPES.claim),
  transaction: deriveTaskId(["outbox", "test.model", "one"], TASK_TYPES.transaction),
  natural: deriveTaskId(["outbox", "test.model", "one"], TASK_TYPES.natural),
} as const;

export function taskIdOf(kind: Idempotency) {
  return TASK_IDS[kind];
}

/** The task's envelope at a hop, as a delivery has it. */
export function envelopeAt(
  kind: Idempotency,
  { hop, payloadHash, notBefore, createdAtMs }: Pick<Name, "hop" | "payloadHash" | "notBefore" | "createdAtMs">,
): Envelope {
  return {
    ...TASK.envelope,
    id: taskIdOf(kind),
    payloadHash,
    hopAt: new Date(createdAtMs).toISOString(),
    ...(hop === 0 ? {} : { hop }),
    ...(notBefore === undefined ? {} : { notBefore }),
  };
}

const NO_PAYLOAD = { json: "{}", hash: hashPayload({}) };

/** What a handler that succeeds enqueues. */
export function childrenOf(kind: Idempotency, nowMs: number): readonly NewTask[] {
  const child = { taskType: FOLLOWING, payload: NO_PAYLOAD, key: "#1", enqueuedAtMs: nowMs, dueAtMs: undefined };
  return [childTask(parentOf(kind), child)];
}

export function onDeadOf(kind: Idempotency): OnDead {
  return { taskType: FOLLOWING, parent: parentOf(kind) };
}

function parentOf(kind: Idempotency) {
  return { ...TASK.envelope, id: taskIdOf(kind) };
}

/** A task that an application has just committed into the outbox. */
export function newHopWorld(kind: Idempotency): HopWorld {
  const id = newTaskEntryId(taskIdOf(kind), PAYLOAD_HASH);
  return {
    kind,
    stage: 0,
    nowMs: START_MS,
    record: null,
    version: 0,
    entries: [{ id, hop: 0, payloadHash: PAYLOAD_HASH, notBefore: undefined, version: 0, createdAtMs: START_MS }],
    names: [],
    relays: [],
    running: [],
    letter: null,
    otherLetters: [],
    replays: [],
    heldReplay: null,
    children: [],
    isDone: false,
    hasImpostor: false,
    isDamaged: false,
    owners: 0,
  };
}
