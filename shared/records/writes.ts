import type { DocumentData, Timestamp } from "@google-cloud/firestore";
import type { Json } from "../contract/any-json.ts";
import type { Envelope } from "../contract/envelope.ts";
import { queueOf } from "../contract/task-id.ts";
import { type OutboxEntry, entryFields, hopEntry, hopEntryId, newTaskEntryId } from "../outbox/entry.ts";
import { carriedFrom } from "./attempt-log.ts";
import { type Detail, storable } from "./detail.ts";
import { DELETED, SERVER_TIME } from "./field-values.ts";
import { type DeadLetter, conflictLetterId, deadLetterId, entryLetterId } from "./letters/dead-letter.ts";
import { letterFields, overwriting, replayFields } from "./letters/letter-fields.ts";
import { RECORD_FIELDS, type TaskError, type TaskRecord, snoozesInARow, expiryFrom } from "./task-record.ts";
import {
  type AttemptNumbers,
  type NewRecord,
  type NextHop,
  type Task,
  type Transition,
  stateAfter,
} from "./transition.ts";

/** A document's fields, as stored or as written. */
export type Fields = Readonly<Record<string, unknown>>;

/** Documents to write in one commit. */
export interface Writes {
  /** `create` requires that there is no record; `update` changes the one that was read. */
  readonly record?: { readonly kind: "create" | "update"; readonly fields: Fields };
  /**
   * `set` keeps what replays added to an earlier letter with the same name; `create` requires that there is none;
   * `update` changes the one that was read.
   */
  readonly letter?: { readonly kind: "set" | "create" | "update"; readonly id: string; readonly fields: Fields };
  /** Outbox entries to write, whether or not they exist. */
  readonly entries?: readonly { readonly id: string; readonly fields: Fields }[];
  /** The ids of entries to delete, whether or not they exist. */
  readonly dropped?: readonly string[];
}

/** The methods that a commit and a transaction share. */
export interface Writer<Ref> {
  create(ref: Ref, fields: DocumentData): unknown;
  set(ref: Ref, fields: DocumentData): unknown;
  set(ref: Ref, fields: DocumentData, options: { readonly merge: true }): unknown;
  update(ref: Ref, fields: DocumentData, condition?: { readonly lastUpdateTime: Timestamp }): unknown;
  delete(ref: Ref, condition?: { readonly lastUpdateTime: Timestamp }): unknown;
}

/**
 * The only interpreter of transitions: the worker, the producer and the model all write what it returns.
 *
 * @param on.before the record's document as it was read; null if there is none.
 * @param on.nowMs the instance's clock, in milliseconds since the epoch. Only expiry dates depend on it.
 * @param on.detail default "all".
 */
export function writesOf(
  decided: Transition,
  task: Task,
  on: { readonly before: Fields | null; readonly nowMs: number; readonly detail?: Detail },
): Writes {
  const transition = storable(decided, on.detail);
  const { envelope } = task;
  switch (transition.kind) {
    case "claim": {
      const { attempt, from } = transition;
      return { record: wholeRecord({ ...attempt, from }, runningFields(transition, task), { task, ...on }) };
    }
    case "requestCancel":
      return { record: { kind: "update", fields: { cancelRequestedAt: SERVER_TIME, cancelledBy: transition.by } } };
    case "renew":
      return { record: { kind: "update", fields: { expireAt: expiryFrom(on.nowMs) } } };
    case "keepConflict": {
      const id = conflictLetterId(envelope.id, envelope.payloadHash);
      const fields = letterFields(task, { attempts: 0, error: transition.error, log: [], ...on });
      return { letter: { kind: "create", id, fields: { ...fields } } };
    }
    case "refuseEntry":
      return refusalWrites(transition, task, on);
    case "replay": {
      const { letterId, entry } = transition;
      const letter = { kind: "update", id: letterId, fields: replayFields(transition) } as const;
      return { letter, entries: [newEntry({ entry, payloadHash: envelope.payloadHash })] };
    }
    case "complete":
    case "retry":
    case "snooze":
    case "deadLetter":
    case "hop":
    case "cancel":
      return endWrites(transition, task, on);
    default:
      return transition satisfies never;
  }
}

/** What the writes depend on besides their transition. */
interface On {
  readonly before: Fields | null;
  readonly nowMs: number;
  readonly detail?: Detail;
}

type End = Extract<Transition, { kind: "complete" | "retry" | "snooze" | "deadLetter" | "hop" | "cancel" }>;

function endWrites(transition: End, task: Task, on: On): Writes {
  const { envelope } = task;
  const fields = endFields(transition, on.nowMs);
  const record = transition.as
    ? wholeRecord({ ...transition.as, attempts: transition.attempts }, fields, { task, ...on })
    : ({ kind: "update", fields } as const);
  const hops = "next" in transition && transition.next ? [nextEntry(envelope, transition.next)] : [];
  const children = "children" in transition && transition.children ? transition.children.map(newEntry) : [];
  const entries = [...hops, ...children];
  const { dropped = [] } = "dropped" in transition ? transition : {};
  return {
    record,
    ...(transition.kind === "deadLetter"
      ? {
          letter: {
            kind: "set" as const,
            id: deadLetterId(envelope.id),
            fields: overwriting(letterFields(task, { ...transition, ...on })),
          },
        }
      : {}),
    ...(entries.length > 0 ? { entries } : {}),
    ...(dropped.length > 0 ? { dropped } : {}),
  };
}

function refusalWrites(transition: Extract<Transition, { kind: "refuseEntry" }>, task: Task, on: On): Writes {
  const { error, entryId, as } = transition;
  const { attempts = 0 } = as?.from ?? {};
  const dead = { kind: "deadLetter", attempts, log: carriedFrom(as?.from ?? null), error, as } as const;
  const fields = letterFields(task, { ...dead, ...on });
  if (!as) return { letter: entryLetter(task, entryId, fields), dropped: [entryId] };
  const record = wholeRecord({ ...as, attempts }, endFields(dead, on.nowMs), { task, ...on });
  const letter = { kind: "set", id: deadLetterId(task.envelope.id), fields: overwriting(fields) } as const;
  return { record, letter, dropped: [entryId] };
}

/** An entry with its payload's hash in its id always gets the same letter. Somebody may have replayed that. */
function entryLetter(task: Task, entryId: string, fields: DeadLetter): NonNullable<Writes["letter"]> {
  const id = entryLetterId(entryId);
  const isSame = entryId === newTaskEntryId(task.envelope.id, fields.payloadHash);
  return isSame ? { kind: "create", id, fields: { ...fields } } : { kind: "set", id, fields: overwriting(fields) };
}

function nextEntry(envelope: Envelope, { hop, notBeforeMs }: NextHop) {
  const notBefore = notBeforeMs === null ? null : new Date(notBeforeMs).toISOString();
  return { id: hopEntryId(envelope.id, hop), fields: entryFields(hopEntry(envelope, { hop, notBefore })) };
}

function newEntry({ entry, payloadHash }: { readonly entry: OutboxEntry; readonly payloadHash: string }) {
  return { id: newTaskEntryId(entry.taskId, payloadHash), fields: entryFields(entry) };
}

function runningFields({ attempt, instance, log }: Extract<Transition, { kind: "claim" }>, { leaseMs }: Task): Fields {
  return {
    state: "running",
    claimedAt: SERVER_TIME,
    claimedBy: { instance, fence: attempt.fence },
    attemptLog: log,
    leaseMs,
    finishedAt: null,
    result: null,
  };
}

/** The fields that an end changes. The lease is over; owner and fence remain and identify who ended it. */
function endFields(transition: End, nowMs: number): Fields {
  const { kind, attempts, log } = transition;
  const common = {
    state: stateAfter(transition),
    attempts,
    claimedAt: null,
    claimedBy: null,
    leaseMs: 0,
    expireAt: expiryFrom(nowMs),
    attemptLog: log,
  };
  switch (kind) {
    case "complete": {
      const children = transition.children?.map(({ entry }) => entry.taskId) ?? [];
      return {
        ...common,
        finishedAt: SERVER_TIME,
        lastError: null,
        result: textOf(transition.result),
        ...(children.length > 0 ? { children } : {}),
      };
    }
    case "retry": {
      const { error, unknownTypes, endsSnoozes, next } = transition;
      return {
        ...common,
        finishedAt: null,
        result: null,
        ...lastErrorOf(error),
        ...(unknownTypes === undefined ? {} : { unknownTypes }),
        ...(endsSnoozes ? { snoozes: DELETED } : {}),
        ...(next ? hopFields(next) : {}),
      };
    }
    case "snooze":
      return { ...common, finishedAt: null, result: null, snoozes: transition.snoozes, ...hopFields(transition.next) };
    case "hop":
      return { ...common, finishedAt: null, result: null, ...hopFields(transition.next) };
    case "deadLetter":
      return { ...common, finishedAt: SERVER_TIME, lastError: transition.error, result: null };
    case "cancel": {
      const { error, by } = transition;
      const cancelledBy = by === undefined ? {} : { cancelledBy: by };
      return { ...common, finishedAt: SERVER_TIME, ...lastErrorOf(error), ...cancelledBy };
    }
    default:
      return kind satisfies never;
  }
}

/** The next hop. When it is put into its queue is only known later. */
function hopFields({ hop, notBeforeMs }: NextHop): Fields {
  return { hop, hopAt: DELETED, notBefore: notBeforeMs === null ? DELETED : new Date(notBeforeMs).toISOString() };
}

/** An attempt that reports nothing about the task keeps the previous attempt's error. */
function lastErrorOf(error: TaskError | null): Fields {
  return error === null ? {} : { lastError: error };
}

function textOf(result: Json): string | null {
  return result === null ? null : JSON.stringify(result);
}

/**
 * Replaces the record that was read with a whole new one. Only an update can be conditional, and an update keeps the
 * fields that it doesn't name, so it must name the fields to delete. A record that continues another keeps the fields
 * that this revision doesn't know.
 */
function wholeRecord(
  { owner, fence, attempts, from }: NewRecord & AttemptNumbers,
  fields: Fields,
  { task, before, nowMs }: { readonly task: Task; readonly before: Fields | null; readonly nowMs: number },
): NonNullable<Writes["record"]> {
  const { id, type, payloadHash, enqueuedAt } = task.envelope;
  const told = {
    queue: queueOf(id),
    type,
    owner,
    fence,
    attempts,
    payloadHash,
    enqueuedAt,
    ...lineageOf(task.envelope, from),
    ...snoozesOf(from),
    attemptLog: from?.attemptLog ?? [],
    firstSeenAt: from?.firstSeenAt ?? SERVER_TIME,
    lastError: from?.lastError ?? null,
    expireAt: expiryFrom(nowMs),
    ...fields,
  };
  const record = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== DELETED));
  if (!before) return { kind: "create", fields: record };
  const gone = Object.keys(before).filter((name) => !(name in record) && (!from || RECORD_FIELDS.has(name)));
  return { kind: "update", fields: { ...Object.fromEntries(gone.map((name) => [name, DELETED])), ...record } };
}

function snoozesOf(from: TaskRecord | null): Fields {
  const snoozes = from ? snoozesInARow(from) : 0;
  return snoozes > 0 ? { snoozes } : {};
}

/** Where a task comes from and which hop this is, from its envelope or else its record. */
function lineageOf(envelope: Envelope, from: TaskRecord | null): Fields {
  const { hop, hopAt, notBefore } = envelope;
  const { caller = from?.caller, parentId = from?.parentId, replayOf = from?.replayOf } = envelope;
  const told = Object.entries({ caller, hop, hopAt, notBefore, parentId, replayOf: replayOf?.toWellFormed() });
  return Object.fromEntries(told.filter(([, value]) => value !== undefined));
}
