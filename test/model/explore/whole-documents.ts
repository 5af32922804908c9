import { Timestamp } from "@google-cloud/firestore";
import type { TaskRecord } from "../../../shared/records/task-record.ts";
import type { Transition } from "../../../shared/records/transition.ts";
import { RESULT } from "../steps.ts";
import { TASK } from "../world/stored.ts";
import { type WorldEvent, IMPOSTOR_HASH, LEASE_MS, PAYLOAD_HASH } from "../world/world.ts";

const DAY_MS = 24 * 60 * 60_000;

type Wrote = Extract<WorldEvent, { kind: "wrote" }>;

/** Whether a newly written record has every field that its state needs, as the design defines them. */
export function isWhole({ before, after, transition, sentMs }: Wrote, nowMs: number): boolean {
  const goesOn = before !== null && before.expireAt.toMillis() > nowMs ? before : null;
  return (
    isAt(after.expireAt, sentMs + 33 * DAY_MS) &&
    isIdentified(after, nowMs, goesOn) &&
    saysItsState(after, nowMs) &&
    saysWhatWasDecided(after, transition, before)
  );
}

/** Whether a newly written dead letter has everything needed to understand the task and replay it. */
export function isWholeLetter({ letter, fields, sentMs }: Extract<WorldEvent, { kind: "kept-letter" }>): boolean {
  const { envelope } = TASK;
  return (
    fields["taskId"] === envelope.id &&
    fields["type"] === envelope.type &&
    fields["queue"] === "default" &&
    fields["payloadJson"] === "null" &&
    fields["payloadHash"] === (letter === "own" ? PAYLOAD_HASH : IMPOSTOR_HASH) &&
    fields["enqueuedAt"] === envelope.enqueuedAt &&
    fields["replayOf"] === null &&
    Number.isInteger(fields["attempts"]) &&
    isError(fields["error"]) &&
    isAt(fields["diedAt"], sentMs) &&
    isAt(fields["expireAt"], sentMs + TASK.deadLetterRetentionMs)
  );
}

function isIdentified(after: TaskRecord, nowMs: number, goesOn: TaskRecord | null): boolean {
  return (
    after.queue === "default" &&
    after.type === TASK.envelope.type &&
    after.payloadHash === PAYLOAD_HASH &&
    after.enqueuedAt === TASK.envelope.enqueuedAt &&
    typeof after.owner === "string" &&
    Number.isInteger(after.fence) &&
    Number.isInteger(after.attempts) &&
    isAt(after.firstSeenAt, goesOn?.firstSeenAt?.toMillis() ?? nowMs)
  );
}

function saysItsState(
  { state, claimedAt, leaseMs, finishedAt, lastError, result }: TaskRecord,
  nowMs: number,
): boolean {
  if (state === "running") {
    return isAt(claimedAt, nowMs) && leaseMs === LEASE_MS && finishedAt === null && result === null;
  }
  if (claimedAt !== null || leaseMs !== 0) return false;
  switch (state) {
    case "waiting":
      return finishedAt === null && result === null;
    case "succeeded":
      return isAt(finishedAt, nowMs) && lastError === null && result === JSON.stringify(RESULT);
    case "dead":
      return isAt(finishedAt, nowMs) && result === null && isError(lastError);
    case "cancelled":
      return isAt(finishedAt, nowMs) && (result ?? null) === null;
  }
}

/** Fields that a transition sets must have its values; all others must be unchanged. */
function saysWhatWasDecided(after: TaskRecord, transition: Transition, before: TaskRecord | null): boolean {
  if (transition.kind === "keepConflict") return false;
  const { attempts } = transition.kind === "claim" ? transition.attempt : transition;
  const isNew = transition.kind === "claim" || transition.as !== null;
  const from = transition.kind === "claim" ? transition.from : transition.as ? transition.as.from : before;
  const error = "error" in transition ? transition.error : null;
  const lastError = transition.kind === "complete" ? null : (error ?? from?.lastError ?? null);
  const unknownTypes = transition.kind === "retry" ? transition.unknownTypes : undefined;
  return (
    after.attempts === attempts &&
    after.lastError === lastError &&
    after.unknownTypes === (isNew ? unknownTypes : before?.unknownTypes)
  );
}

function isAt(time: unknown, timeMs: number): boolean {
  return time instanceof Timestamp && time.toMillis() === timeMs;
}

function isError(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}
