import { Timestamp } from "@google-cloud/firestore";
import { isDeepStrictEqual } from "node:util";
import { deadLetterId } from "../../../shared/records/letters/dead-letter.ts";
import { DELETED, SERVER_TIME } from "../../../shared/records/field-values.ts";
import { type TaskRecord, snoozesInARow } from "../../../shared/records/task-record.ts";
import type { Transition } from "../../../shared/records/transition.ts";
import { CANCELLER } from "../cancels.ts";
import { isWhole, tellsOfDeath } from "../explore/whole-documents.ts";
import { TASK } from "../world/stored.ts";
import { PAYLOAD_HASH } from "../world/world.ts";
import { isLive } from "./hop-scenario.ts";
import { type HopEvent, type HopWorld, childrenOf, taskIdOf } from "./hop-world.ts";

type EventOf<Kind extends HopEvent["kind"]> = Extract<HopEvent, { kind: Kind }>;

const DAY_MS = 24 * 60 * 60_000;

/** Whether a newly written record has every field that its state and its hop need. */
export function isWholeHop(wrote: EventOf<"wrote">, world: HopWorld): boolean {
  const { before, after, transition } = wrote;
  if (transition.kind === "requestCancel") return isWhole(wrote, world.nowMs);
  if (transition.kind === "renew") return isWhole(wrote, world.nowMs) && isKeptFor33Days(wrote);
  const from = before && isLive(before, world.nowMs) ? before : null;
  return (
    isWhole(wrote, world.nowMs) &&
    isAtItsHop(wrote, from) &&
    after.fence === fenceAfter(transition, from) &&
    (after.snoozes ?? 0) === snoozesAfter(transition, from) &&
    isDeepStrictEqual(after.children, childrenAfter(transition, world))
  );
}

function isKeptFor33Days({ after, sentMs }: EventOf<"wrote">): boolean {
  return after.expireAt.toMillis() === sentMs + 33 * DAY_MS;
}

/** A next hop is in the record; a whole record has its writer's, and any other keeps the one before. */
function isAtItsHop({ after, transition, envelope }: EventOf<"wrote">, from: TaskRecord | null): boolean {
  const { hop = 0, hopAt, notBefore } = after;
  if ("next" in transition && transition.next) {
    const { hop: nextHop, notBeforeMs } = transition.next;
    const dueAt = notBeforeMs === null ? undefined : new Date(notBeforeMs).toISOString();
    return hop === nextHop && hopAt === undefined && notBefore === dueAt;
  }
  const isNew = transition.kind === "claim" || ("as" in transition && transition.as !== null);
  const origin = isNew ? envelope : from;
  return hop === (origin?.hop ?? 0) && hopAt === origin?.hopAt && notBefore === origin?.notBefore;
}

function fenceAfter(transition: Transition, from: TaskRecord | null): number | undefined {
  if (transition.kind === "claim") return transition.attempt.fence;
  return ("as" in transition ? transition.as?.fence : undefined) ?? from?.fence;
}

function snoozesAfter(transition: Transition, from: TaskRecord | null): number {
  if (transition.kind === "snooze") return transition.snoozes;
  if (transition.kind === "retry" && transition.endsSnoozes) return 0;
  const isNew = transition.kind === "claim" || ("as" in transition && transition.as !== null);
  return isNew && from ? snoozesInARow(from) : (from?.snoozes ?? 0);
}

function childrenAfter(transition: Transition, { kind, nowMs }: HopWorld): string[] | undefined {
  if (transition.kind !== "complete" || kind === "natural") return undefined;
  return childrenOf(kind, nowMs).map(({ entry }) => entry.taskId);
}

/** Whether an entry has everything that the relay and the worker need. */
export function isWholeEntry(
  { id, fields, transition }: EventOf<"entered">,
  { kind, nowMs, letter }: HopWorld,
): boolean {
  const taskId = taskIdOf(kind);
  const { caller, enqueuedAt, type } = TASK.envelope;
  const isFresh =
    fields["queue"] === "default" &&
    fields["caller"] === caller &&
    fields["relayAt"] === SERVER_TIME &&
    fields["tries"] === 0 &&
    fields["shard"] === Number.parseInt(id.slice(0, 1), 16);
  if (!isFresh) return false;
  if (id.startsWith(`${taskId}.h`)) {
    const { next } = "next" in transition ? transition : {};
    const dueAtMs = next?.notBeforeMs ?? null;
    const notBefore = dueAtMs === null ? undefined : new Date(dueAtMs).toISOString();
    return (
      fields["type"] === type &&
      fields["payloadJson"] === "null" &&
      fields["enqueuedAt"] === enqueuedAt &&
      fields["origin"] === undefined &&
      fields["hop"] === next?.hop &&
      id === `${taskId}.h${next?.hop}` &&
      fields["notBefore"] === notBefore
    );
  }
  // A commit can take its time.
  const isNew = Date.parse(String(fields["enqueuedAt"])) <= nowMs && fields["hop"] === 0;
  if (transition.kind === "replay") {
    const letterId = deadLetterId(taskId);
    const origin = ["replay", letterId, `${transition.replays} ${timeOf(letter?.fields["diedAt"])}`];
    const isSame = fields["type"] === type && fields["payloadJson"] === "null" && fields["replayOf"] === letterId;
    return isNew && isSame && isDeepStrictEqual(fields["origin"], origin);
  }
  const origin =
    transition.kind === "complete" ? ["child", taskId, "test.following", "#1"] : ["dead", deadLetterId(taskId)];
  return (
    isNew &&
    isDeepStrictEqual(fields["origin"], origin) &&
    fields["parentId"] === taskId &&
    fields["type"] === "test.following" &&
    typeof fields["payloadJson"] === "string"
  );
}

function timeOf(at: unknown): string {
  return at instanceof Timestamp ? at.toDate().toISOString() : "";
}

/** Whether a letter has everything needed to replay its task, or says who has replayed it. */
export function isWholeHopLetter(
  { id, payloadHash, transition, fields, sentMs }: EventOf<"kept-letter">,
  events: readonly HopEvent[],
  world: HopWorld,
): boolean {
  const taskId = taskIdOf(world.kind);
  if (transition.kind === "replay") return saysWhoReplayed(fields, transition);
  const isOwn = id === deadLetterId(taskId);
  // An earlier letter of the task's may have had no payload.
  if (isOwn && fields["payloadOmitted"] !== DELETED) return false;
  const record = isOwn ? events.findLast((one) => one.kind === "wrote")?.after : undefined;
  return isOwn === (record !== undefined) && (!isOwn || payloadHash === PAYLOAD_HASH)
    ? tellsOfDeath(fields, { id: taskId, payloadHash, record, sentMs })
    : false;
}

function saysWhoReplayed(
  fields: EventOf<"kept-letter">["fields"],
  { entry, replays, replayKeys, otherPayload, requestId }: Extract<Transition, { kind: "replay" }>,
): boolean {
  return (
    fields["status"] === "replayed" &&
    fields["replayedAs"] === entry.taskId &&
    fields["replayedBy"] === CANCELLER &&
    fields["replays"] === replays &&
    isDeepStrictEqual(fields["replayKeys"], replayKeys) &&
    fields["replayedPayloadHash"] === (otherPayload ?? DELETED) &&
    fields["replayRequestId"] === (requestId ?? DELETED) &&
    (fields["replayedAt"] === SERVER_TIME || fields["replayedAt"] instanceof Timestamp)
  );
}
