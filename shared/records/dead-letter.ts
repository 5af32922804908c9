import type { Timestamp } from "@google-cloud/firestore";
import type { TaskError } from "./task-record.ts";

/** The collection of dead letters: small, indexed by time, and the one that people list and replay from. */
export const DEAD_LETTERS = "deadLetters";

/** The default for how long a dead letter is kept. */
export const DEFAULT_DEAD_LETTER_RETENTION_DAYS = 90;

/** A task that will not be retried, with everything needed to understand and replay it. */
export interface DeadLetter {
  readonly taskId: string;
  readonly type: string;
  readonly queue: string;
  /** As JSON text, since not every JSON value can be a Firestore field. */
  readonly payloadJson: string;
  /** Set if Firestore refused the payload, so that `payloadJson` is only a stand-in: `null`. */
  readonly payloadOmitted?: boolean;
  readonly payloadHash: string;
  readonly enqueuedAt: string;
  readonly attempts: number;
  readonly error: TaskError;
  readonly replayOf: string | null;
  readonly diedAt: Timestamp;
  /** When Firestore may delete it. */
  readonly expireAt: Timestamp;
}

/** The document id of a task's dead letter. */
export function deadLetterId(taskId: string): string {
  return taskId;
}

/**
 * The dead letter's id for a delivery whose payload isn't its task's: separate from the task's own dead letter, and the
 * same for every repetition.
 */
export function conflictLetterId(taskId: string, payloadHash: string): string {
  return `${taskId}-${payloadHash.slice(0, 16)}`;
}
