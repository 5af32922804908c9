import type { Timestamp } from "@google-cloud/firestore";
import type { TaskError } from "./task-record.ts";

/** The collection of dead letters: small, indexed by time, and what people list and replay from. */
export const DEAD_LETTERS = "deadLetters";

/** How long a dead letter is kept unless configured otherwise. */
export const DEFAULT_DEAD_LETTER_RETENTION_DAYS = 90;

/** A task that will not be tried again, with all that is needed to understand and to replay it. */
export interface DeadLetter {
  readonly taskId: string;
  readonly type: string;
  readonly queue: string;
  /** As JSON text, since not every JSON value can be a Firestore field. */
  readonly payloadJson: string;
  readonly payloadHash: string;
  readonly enqueuedAt: string;
  readonly attempts: number;
  readonly error: TaskError;
  readonly replayOf: string | null;
  readonly diedAt: Timestamp;
  /** From when on Firestore may delete it. */
  readonly expireAt: Timestamp;
}

/** The document id of a task's dead letter. */
export function deadLetterId(taskId: string): string {
  return taskId;
}

/** A delivery whose payload is not its task's gets a dead letter of its own, the same for every repetition. */
export function conflictLetterId(taskId: string, payloadHash: string): string {
  return `${taskId}-${payloadHash.slice(0, 16)}`;
}
