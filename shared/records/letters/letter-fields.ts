import { Timestamp } from "@google-cloud/firestore";
import { queueOf } from "../../contract/task-id.ts";
import type { AttemptLog } from "../attempt-log.ts";
import type { Detail } from "../detail.ts";
import { DELETED, SERVER_TIME } from "../field-values.ts";
import type { TaskError } from "../task-record.ts";
import type { Task, Transition } from "../transition.ts";
import type { DeadLetter, ReplayFields } from "./dead-letter.ts";

/** The fields of a task's dead letter. `nowMs` is the instance's clock, in milliseconds since the epoch. */
export function letterFields(
  { envelope, deadLetterRetentionMs }: Task,
  on: {
    readonly attempts: number;
    readonly error: TaskError;
    readonly log: AttemptLog;
    readonly nowMs: number;
    readonly detail?: Detail;
  },
): DeadLetter {
  const { attempts, error, log, nowMs, detail } = on;
  const { id, type, payload, payloadHash, enqueuedAt, replayOf, caller } = envelope;
  return {
    status: "open",
    taskId: id,
    type,
    queue: queueOf(id),
    code: error.code,
    ...(detail === "no-payload"
      ? { payloadJson: "null", payloadOmitted: true }
      : { payloadJson: JSON.stringify(payload) }),
    payloadHash,
    enqueuedAt,
    // Earlier revisions didn't record who handed a task over.
    ...(caller === undefined ? {} : { caller }),
    attempts,
    attemptLog: log,
    error,
    replayOf: replayOf?.toWellFormed() ?? null,
    diedAt: Timestamp.fromMillis(nowMs),
    expireAt: Timestamp.fromMillis(nowMs + deadLetterRetentionMs),
  };
}

/**
 * The fields of a letter that replaces an earlier one with the same name, because a task died again. Fields that only
 * the earlier one has are removed, except those of its replays.
 */
export function overwriting(letter: DeadLetter): Readonly<Record<string, unknown>> {
  return { payloadOmitted: DELETED, caller: DELETED, ...letter };
}

/** The fields that a replay changes in a letter. */
export function replayFields(
  transition: Extract<Transition, { kind: "replay" }>,
): Readonly<Record<keyof ReplayFields, unknown>> {
  const { entry, by, replays, replayKeys, otherPayload, requestId } = transition;
  return {
    status: "replayed",
    replayedAs: entry.taskId,
    replayedAt: SERVER_TIME,
    replayedBy: by,
    replays,
    replayKeys,
    replayedPayloadHash: otherPayload ?? DELETED,
    replayRequestId: requestId ?? DELETED,
  };
}
