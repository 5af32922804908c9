import type { Timestamp } from "@google-cloud/firestore";
import { propertyOf } from "../../process/thrown.ts";
import type { AttemptLog } from "../attempt-log.ts";
import type { TaskError } from "../task-record.ts";

/** The collection of dead letters: small, indexed by time, and the one that people list and replay from. */
export const DEAD_LETTERS = "deadLetters";

/** The default for how long a dead letter is kept. */
export const DEFAULT_DEAD_LETTER_RETENTION_DAYS = 90;

/** An open letter is one that nobody has dealt with yet. */
export type LetterStatus = "open" | "replayed";

/** A task that will not be retried, with everything needed to understand and replay it. */
export interface DeadLetter {
  readonly status: LetterStatus;
  readonly taskId: string;
  readonly type: string;
  readonly queue: string;
  /** The error's code, by which letters can be found. */
  readonly code: string;
  /** As JSON text, since not every JSON value can be a Firestore field. */
  readonly payloadJson: string;
  /** Set if Firestore refused the payload. Then `payloadJson` is a placeholder: `null`. */
  readonly payloadOmitted?: boolean;
  readonly payloadHash: string;
  readonly enqueuedAt: string;
  /** Who handed the task over. Missing if the producer's revision didn't record it. */
  readonly caller?: string;
  readonly attempts: number;
  /** The last attempts, as in the task's record. */
  readonly attemptLog: AttemptLog;
  readonly error: TaskError;
  readonly replayOf: string | null;
  readonly diedAt: Timestamp;
  /** When Firestore may delete it. */
  readonly expireAt: Timestamp;
}

/** The fields that a replay adds to a letter. They are kept if a task with the letter's name dies again. */
export interface ReplayFields {
  readonly status: LetterStatus;
  /** The task that the last replay created. */
  readonly replayedAs: string;
  readonly replayedAt: Timestamp;
  readonly replayedBy: string;
  /** The hash of the payload that the last replay sent instead of the letter's. Missing if it sent the letter's own. */
  readonly replayedPayloadHash?: string;
  /** The request that the last replay was made by, so that it knows its own commit. Missing if an earlier revision made it. */
  readonly replayRequestId?: string;
  readonly replays: number;
  readonly replayKeys: readonly { readonly key: string; readonly id: string }[];
}

/** The document id of a task's dead letter. */
export function deadLetterId(taskId: string): string {
  return taskId;
}

/**
 * The id of the dead letter for a delivery whose payload isn't its task's. It differs from the id of the task's own
 * dead letter, and is the same for every repetition.
 */
export function conflictLetterId(taskId: string, payloadHash: string): string {
  return `${taskId}-${payloadHash.slice(0, 16)}`;
}

/** Longer than the id of any task's letter. */
const MAX_LETTER_ID_LENGTH = 200;

/** The id of the dead letter for an outbox entry that isn't its task's. The ids of tasks' letters contain no dot. */
export function entryLetterId(entryId: string): string {
  return entryId.includes(".") || entryId.length > MAX_LETTER_ID_LENGTH ? entryId : `${entryId}.`;
}

/** The code of a letter that has no error code. */
const UNKNOWN_CODE = "unknown";

/** The fields that a letter lacks and that letters are found by, if an earlier revision wrote it; null if none. */
export function missingFields(
  letter: Readonly<Record<string, unknown>>,
): Partial<Pick<DeadLetter, "status" | "code">> | null {
  const lacksStatus = letter["status"] === undefined;
  const lacksCode = letter["code"] === undefined;
  if (!lacksStatus && !lacksCode) return null;
  const code = propertyOf(letter["error"], "code");
  return {
    ...(lacksStatus ? { status: "open" } : {}),
    ...(lacksCode ? { code: typeof code === "string" ? code : UNKNOWN_CODE } : {}),
  };
}
