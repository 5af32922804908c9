import { Timestamp } from "@google-cloud/firestore";
import { isDeepStrictEqual } from "node:util";
import { CANCELLER } from "../cancels.ts";
import { DELETED } from "../../../shared/records/field-values.ts";
import type { TaskError, TaskRecord } from "../../../shared/records/task-record.ts";
import type { Transition } from "../../../shared/records/transition.ts";
import type { Fields } from "../../../shared/records/writes.ts";
import { RESULT } from "../steps.ts";
import { TASK } from "../world/stored.ts";
import { type WorldEvent, IMPOSTOR_HASH, INSTANCE, LEASE_MS, PAYLOAD_HASH } from "../world/world.ts";

const DAY_MS = 24 * 60 * 60_000;

type Wrote = Extract<WorldEvent, { kind: "wrote" }>;
type Unending = "requestCancel" | "keepConflict" | "renew" | "replay";
type Decided = Exclude<Transition, { kind: Unending }>;

/** Whether a newly written record has every field that its state needs, as the design defines them. */
export function isWhole(
  { before, after, transition, sentMs }: Pick<Wrote, "before" | "after" | "transition" | "sentMs">,
  nowMs: number,
): boolean {
  if (transition.kind === "requestCancel") return saysWhoAsked(before, after, nowMs);
  if (transition.kind === "renew") return isDeepStrictEqual(after, { ...before, expireAt: after.expireAt });
  const goesOn = before !== null && before.expireAt.toMillis() > nowMs ? before : null;
  return (
    isAt(after.expireAt, sentMs + 33 * DAY_MS) &&
    isIdentified(after, nowMs, goesOn) &&
    saysItsState(after, nowMs) &&
    saysWhatWasDecided(after, transition, before)
  );
}

/** Whether a newly written dead letter has everything needed to understand the task and replay it. */
export function isWholeLetter(
  { letter, fields, sentMs }: Extract<WorldEvent, { kind: "kept-letter" }>,
  events: readonly WorldEvent[],
): boolean {
  const record = letter === "own" ? events.findLast((one) => one.kind === "wrote")?.after : undefined;
  const payloadHash = letter === "own" ? PAYLOAD_HASH : IMPOSTOR_HASH;
  // An earlier letter of the task's may have had no payload.
  if (letter === "own" && fields["payloadOmitted"] !== DELETED) return false;
  return tellsOfDeath(fields, { id: TASK.envelope.id, payloadHash, record, sentMs });
}

/** Whether a letter's fields tell everything of a task that died; of its attempts, what its record does, if it has one. */
export function tellsOfDeath(
  fields: Fields,
  on: {
    readonly id: string;
    readonly payloadHash: string;
    readonly record: TaskRecord | undefined;
    readonly sentMs: number;
  },
): boolean {
  const { envelope } = TASK;
  const { id, payloadHash, record, sentMs } = on;
  return (
    fields["status"] === "open" &&
    fields["caller"] === envelope.caller &&
    isError(fields["error"]) &&
    fields["code"] === fields["error"].code &&
    isDeepStrictEqual(fields["attemptLog"], record?.attemptLog ?? []) &&
    fields["taskId"] === id &&
    fields["type"] === envelope.type &&
    fields["queue"] === "default" &&
    fields["payloadJson"] === "null" &&
    fields["payloadHash"] === payloadHash &&
    fields["enqueuedAt"] === envelope.enqueuedAt &&
    fields["replayOf"] === null &&
    Number.isInteger(fields["attempts"]) &&
    (!record || fields["attempts"] === record.attempts) &&
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
    after.caller === TASK.envelope.caller &&
    typeof after.owner === "string" &&
    Number.isInteger(after.fence) &&
    Number.isInteger(after.attempts) &&
    isAt(after.firstSeenAt, goesOn?.firstSeenAt?.toMillis() ?? nowMs)
  );
}

function saysItsState(
  { state, fence, claimedAt, claimedBy, leaseMs, finishedAt, lastError, result }: TaskRecord,
  nowMs: number,
): boolean {
  if (state === "running") {
    const isClaimed =
      isAt(claimedAt, nowMs) && claimedBy?.instance === INSTANCE && claimedBy.fence === fence && leaseMs === LEASE_MS;
    return isClaimed && finishedAt === null && result === null;
  }
  if (claimedAt !== null || claimedBy !== null || leaseMs !== 0) return false;
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

/** A request changes nothing of an attempt's record, but adds who asked, and when. */
function saysWhoAsked(before: TaskRecord | null, after: TaskRecord, nowMs: number): boolean {
  const { cancelRequestedAt, cancelledBy, ...unchanged } = after;
  return (
    before?.state === "running" &&
    isAt(cancelRequestedAt, nowMs) &&
    cancelledBy === CANCELLER &&
    isDeepStrictEqual(unchanged, before)
  );
}

/** Fields that a transition sets must have its values; all others must be unchanged. */
function saysWhatWasDecided(
  after: TaskRecord,
  transition: Exclude<Transition, { kind: "requestCancel" }>,
  before: TaskRecord | null,
): boolean {
  if (!isDecided(transition)) return false;
  const attempts = attemptsAfter(transition);
  const isNew = transition.kind === "claim" || transition.as !== null;
  const from = transition.kind === "claim" ? transition.from : transition.as ? transition.as.from : before;
  const error = "error" in transition ? transition.error : null;
  const lastError = transition.kind === "complete" ? null : (error ?? from?.lastError ?? null);
  const unknownTypes = transition.kind === "retry" ? transition.unknownTypes : undefined;
  return (
    saysWhoCancelled(after, transition, isNew ? null : before) &&
    after.owner === (ownerOf(transition) ?? before?.owner) &&
    after.attempts === attempts &&
    after.lastError === lastError &&
    after.unknownTypes === (isNew ? unknownTypes : before?.unknownTypes)
  );
}

function isDecided(transition: Transition): transition is Decided {
  const { kind } = transition;
  return kind !== "requestCancel" && kind !== "keepConflict" && kind !== "renew" && kind !== "replay";
}

/** An entry that is refused counts no attempt. */
function attemptsAfter(transition: Decided): number {
  if (transition.kind === "refuseEntry") return transition.as?.from?.attempts ?? 0;
  return transition.kind === "claim" ? transition.attempt.attempts : transition.attempts;
}

function ownerOf(transition: Decided): string | undefined {
  return transition.kind === "claim" ? transition.attempt.owner : transition.as?.owner;
}

/** What is left of a cancel: nothing in a record that is written anew, unless that is the cancel. */
function saysWhoCancelled(after: TaskRecord, transition: Decided, kept: TaskRecord | null): boolean {
  const isCancel = transition.kind === "cancel";
  const by = isCancel ? (transition.by ?? kept?.cancelledBy) : kept?.cancelledBy;
  return (
    after.cancelRequestedAt === kept?.cancelRequestedAt && after.cancelledBy === by && (!isCancel || by === CANCELLER)
  );
}

function isAt(time: unknown, timeMs: number): boolean {
  return time instanceof Timestamp && time.toMillis() === timeMs;
}

function isError(error: unknown): error is TaskError {
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}
