import { type TaskRecord, snoozesInARow, isTerminal } from "../../../shared/records/task-record.ts";
import { tellsOfEnds, tellsOfLoss } from "../explore/attempt-logs.ts";
import { IMPOSTOR_HASH, PAYLOAD_HASH } from "../world/world.ts";
import { isLive, isOver } from "./hop-scenario.ts";
import type { HopTaken } from "./hop-steps.ts";
import { type Entry, type HopEvent, type HopWorld, HOUR_MS } from "./hop-world.ts";
import { isWholeEntry, isWholeHop, isWholeHopLetter } from "./whole-hops.ts";

const DAY_MS = 24 * HOUR_MS;

/** How much earlier than its time a task may run: clocks differ. */
const TOLERANCE_MS = 1_000;

/** What must hold for every step, whatever came before it; true if it holds. */
export const HOP_INVARIANTS = {
  "every live task has a Cloud Task or an outbox entry of its current hop": ({ after }) =>
    isOver(after) || isSomewhere(after),

  "nothing begins at an older hop than the record's, but a natural task's first delivery": ({ after, events }) =>
    begun(events).every(
      ({ attempt, before }) =>
        !isValid(before, after) || hopOf(before) <= attempt.name.hop || isFirstOfNatural(attempt, after),
    ),

  "nothing begins once the task has ended, but a natural task's first delivery": ({ after, events }) =>
    begun(events).every(
      ({ attempt, before }) => !isValid(before, after) || !isTerminal(before.state) || isFirstOfNatural(attempt, after),
    ),

  "a task that was rescheduled doesn't run before its new time": ({ after, events }) =>
    begun(events).every(({ attempt, before }) => {
      if (isBefore(after.nowMs, attempt.name.notBefore)) return false;
      // A task whose record was damaged can have been given several times at one hop.
      const isItsHop = isValid(before, after) && hopOf(before) === attempt.name.hop && !after.isDamaged;
      return !isItsHop || !isBefore(after.nowMs, before.notBefore) || isFirstOfNatural(attempt, after);
    }),

  "a delivery of a newer hop than the record's is never a duplicate": ({ after, events }) =>
    answers(events).every(
      ({ outcome, name, record }) =>
        outcome.kind !== "duplicate" ||
        !isValid(record, after) ||
        isTerminal(record.state) ||
        name.hop <= hopOf(record),
    ),

  "a snooze or another time counts no attempt": ({ before, events }) =>
    written(events).every((one) => {
      if (one.transition.kind !== "snooze" && one.transition.kind !== "hop") return true;
      const { attempts = 0 } = isValid(one.before, before) ? one.before : {};
      // A claim was counted when it was made; an attempt without one never was.
      const counted = one.transition.kind === "snooze" && before.kind === "claim" ? 1 : 0;
      return one.after.attempts === attempts - counted;
    }),

  "snoozes are counted as long as no attempt counts": ({ before, step, events }) =>
    written(events).every((one) => {
      const from = isValid(one.before, before) ? one.before : null;
      if (one.transition.kind === "snooze") {
        // A claim carries the number on.
        const earlier = before.kind === "claim" ? (from?.snoozes ?? 0) : from ? snoozesInARow(from) : 0;
        return one.after.snoozes === earlier + 1;
      }
      if (one.transition.kind === "retry" && step.kind === "end") return one.after.snoozes === undefined;
      if (one.transition.kind !== "hop") return true;
      // Whoever takes the task from an attempt that was lost writes the record anew, and that attempt counts.
      const kept = one.transition.as && from ? snoozesInARow(from) : (from?.snoozes ?? 0);
      return (one.after.snoozes ?? 0) === kept;
    }),

  "a task is acknowledged only when its end, or its next hop, is durable": ({ after, events }) =>
    answers(events).every(({ outcome, isSuccess, name, record, otherLetters }) => {
      if (!isSuccess) return true;
      if (name.payloadHash === IMPOSTOR_HASH) return otherLetters.length > 0;
      if (after.kind === "natural" && outcome.kind === "done") return true;
      return isValid(record, after) && (isTerminal(record.state) || hopOf(record) > name.hop);
    }),

  "a task that has ended never changes": ({ before, events }) =>
    written(events).every((one) => !isValid(one.before, before) || !isTerminal(one.before.state)),

  "a conflict never overwrites the record": ({ before, events }) =>
    written(events).every((one) => !isValid(one.before, before) || one.after.payloadHash === one.before.payloadHash),

  "an entry is deleted only when its task is in its queue, or recorded as over or gone on": ({ events }) =>
    events.every(
      (one) =>
        one.kind !== "deleted" ||
        isSuperfluous(one.entry, one.world) ||
        (one.by === "refuseEntry" && hasLetter(events)),
    ),

  "an entry that is refused is gone": ({ step, before, after, events }) =>
    !hasLetter(events) ||
    (step.kind !== "refuse" && step.kind !== "create") ||
    after.entries.length < before.entries.length,

  "a task's record outlasts its Cloud Task by a day": ({ after: { record, names, nowMs, isDamaged } }) =>
    isDamaged ||
    !record ||
    !isLive(record, nowMs) ||
    isTerminal(record.state) ||
    names.every(
      ({ hop, isQueued, payloadHash, createdAtMs }) =>
        !isQueued ||
        payloadHash !== PAYLOAD_HASH ||
        hop !== hopOf(record) ||
        record.expireAt.toMillis() >= createdAtMs + 32 * DAY_MS,
    ),

  "what follows a task's end is committed with it, once": ({ before, after, events }) => {
    const ids = entered(events).filter(({ fields }) => fields["parentId"] !== undefined);
    const ends = written(events).filter(({ transition }) => followersOf(transition.kind, after) !== null);
    const expected = ends.flatMap(({ transition }) => followersOf(transition.kind, after) ?? []);
    const isOnce = after.isDamaged || new Set(after.children).size === after.children.length;
    return (
      isOnce && ids.length === expected.length && (ids.length === 0 || before.children.length < after.children.length)
    );
  },

  "a letter is replayed once per n": ({ before, after, step, events }) => {
    const isEachOnce = new Set(after.replays.map(({ id }) => id)).size === after.replays.length;
    const isNext = after.replays.at(-1)?.n === Number(before.letter?.fields["replays"] ?? 0) + 1;
    const made = after.replays.length - before.replays.length;
    const isNew = step.kind !== "replay" || mayReplay(before, step.key);
    const answered = events.every(
      (one) => one.kind !== "replay-answered" || one.world.replays.some(({ id }) => id === one.id),
    );
    return isEachOnce && answered && (made === 0 || (made === 1 && isNext && isNew));
  },

  "what somebody is told of a cancel is durable": ({ after, events }) =>
    events.every((one) => one.kind !== "cancel-answered" || isAsTold(one, after)),

  "what somebody is told of another time is durable": ({ events }) =>
    events.every((one) => one.kind !== "move-answered" || isMoved(one)),

  "a record has every field that its hop needs": ({ after, events }) =>
    written(events).every((one) => isWholeHop(one, after)),

  "an entry has everything needed to relay it": ({ after, events }) =>
    entered(events).every((one) => isWholeEntry(one, after)),

  "a letter has everything needed to replay it": ({ after, events }) =>
    events.every((one) => one.kind !== "kept-letter" || isWholeHopLetter(one, events, after)),

  "a log tells of each attempt that ended, once, and keeps what it told": ({ after, events }) =>
    written(events).every((one) => tellsOfEnds({ ...one, hop: one.envelope.hop ?? 0 }, after.nowMs)),

  "a log tells of an attempt that was lost": ({ after, events }) =>
    written(events).every((one) => tellsOfLoss({ ...one, hop: one.envelope.hop ?? 0 }, after.nowMs)),
} satisfies Record<string, (taken: HopTaken) => boolean>;

export type HopInvariantName = keyof typeof HOP_INVARIANTS;

type EventOf<Kind extends HopEvent["kind"]> = Extract<HopEvent, { kind: Kind }>;

const begun = (events: readonly HopEvent[]) => events.filter((one) => one.kind === "began");
const written = (events: readonly HopEvent[]) => events.filter((one) => one.kind === "wrote");
const answers = (events: readonly HopEvent[]) => events.filter((one) => one.kind === "answered");
const entered = (events: readonly HopEvent[]) => events.filter((one) => one.kind === "entered");

function isValid(record: TaskRecord | null, { nowMs }: HopWorld): record is TaskRecord {
  return record !== null && isLive(record, nowMs);
}

function hopOf({ hop = 0 }: TaskRecord): number {
  return hop;
}

/** After its record was damaged, a task can be ahead of it. */
function isSomewhere(world: HopWorld): boolean {
  const { record, names, entries, isDamaged } = world;
  const current = isValid(record, world) ? hopOf(record) : 0;
  const isCurrent = (one: { readonly hop: number; readonly payloadHash: string }) =>
    one.payloadHash === PAYLOAD_HASH && (one.hop === current || (isDamaged && one.hop > current));
  return names.some((one) => one.isQueued && isCurrent(one)) || entries.some(isCurrent);
}

/** Whether nothing is lost with an entry. A natural task that is gone has run, as far as anybody can tell. */
function isSuperfluous({ hop, payloadHash }: Entry, world: HopWorld): boolean {
  const { record, names, entries, kind, isDamaged, otherLetters } = world;
  // An earlier record that was put back doesn't say that its task has gone on.
  if (isDamaged && [...names, ...entries].some((one) => one.hop > hop)) return true;
  const named = names.filter((one) => one.hop === hop && one.payloadHash === payloadHash);
  // The worker keeps another payload as a letter.
  if (payloadHash === IMPOSTOR_HASH && otherLetters.length > 0) return true;
  if (named.some(({ isQueued }) => isQueued) || isOver(world)) return true;
  if (isValid(record, world)) return record.payloadHash === payloadHash && hopOf(record) > hop;
  return kind === "natural" && named.length > 0;
}

function hasLetter(events: readonly HopEvent[]): boolean {
  return events.some((one) => one.kind === "kept-letter");
}

function isFirstOfNatural({ isFirstDispatch }: EventOf<"began">["attempt"], { kind }: HopWorld): boolean {
  return kind === "natural" && isFirstDispatch;
}

function isBefore(nowMs: number, notBefore: string | undefined): boolean {
  return notBefore !== undefined && Date.parse(notBefore) > nowMs + TOLERANCE_MS;
}

/** What must be committed with an end: null if nothing may. A natural task's follow-ups are created before it. */
function followersOf(kind: string, { kind: idempotency }: HopWorld): readonly string[] | null {
  if (kind === "deadLetter") return ["onDead"];
  return kind === "complete" && idempotency !== "natural" ? ["child"] : null;
}

/** Whether a request to replay makes a task: the first one since the task died does, and the first one with its key. */
function mayReplay({ letter }: HopWorld, key: string | undefined): boolean {
  if (key === undefined) return letter?.fields["status"] === "open";
  const keys = letter?.fields["replayKeys"];
  return !Array.isArray(keys) || !keys.some((one: unknown) => JSON.stringify(one).includes(`"${key}"`));
}

function isAsTold({ told, queues, world }: EventOf<"cancel-answered">, after: HopWorld): boolean {
  const { record, kind } = world;
  if (!isValid(record, after)) return false;
  const hop = hopOf(record);
  const isGone = (one: number): boolean => !isQueuedIn(queues, one, world);
  switch (told.kind) {
    case "cancelled":
      return (
        record.state === "cancelled" &&
        !isYetToCome(queues, hop, world) &&
        (kind !== "natural" || (isGone(hop) && isGone(0)))
      );
    case "requested":
      return record.state === "running" && record.cancelRequestedAt !== undefined;
    case "finished":
      return record.state === told.state;
  }
}

/** Whether a hop is in one of these queues. */
export function isQueuedIn(queues: readonly string[], hop: number, { names }: HopWorld): boolean {
  return names.some((one) => one.hop === hop && one.isQueued && queues.includes(one.queue));
}

/**
 * Whether an entry is still to be relayed that brings the task back. Where its task was created before, it can't be again; in
 * its other queue, the record keeps any task but a natural one from running; and of an old entry's, a relay asks the record.
 */
function isYetToCome(queues: readonly string[], hop: number, { entries, names, kind, nowMs }: HopWorld): boolean {
  const isEntered = entries.some(
    (one) => one.hop === hop && one.payloadHash === PAYLOAD_HASH && nowMs - one.createdAtMs <= DAY_MS,
  );
  const created = names.filter((one) => one.hop === hop);
  if (kind !== "natural") return isEntered && created.length === 0;
  return isEntered && !queues.every((queue) => created.some((one) => one.queue === queue));
}

function isMoved({ toHop, dueAtMs, queues, world }: EventOf<"move-answered">): boolean {
  const { record, kind } = world;
  if (!isValid(record, world) || hopOf(record) !== toHop) return false;
  const isGone = (hop: number): boolean => !isQueuedIn(queues, hop, world);
  return (
    record.notBefore === (dueAtMs === null ? undefined : new Date(dueAtMs).toISOString()) &&
    !isYetToCome(queues, toHop - 1, world) &&
    (kind !== "natural" || (isGone(toHop - 1) && isGone(0)))
  );
}
