import { hash, randomUUID } from "node:crypto";
import {
  HEX_DIGITS,
  NATURAL_MARK,
  type Target,
  type TaskId,
  type TaskOrigin,
  isTaskId,
  originText,
  queuePart,
  toTaskId,
} from "./task-id-text.ts";

export { type TaskId, type TaskOrigin, isTaskId };

/** How many parts each origin has, its name included. */
const PARTS: Readonly<Record<TaskOrigin[0], number>> = { key: 4, outbox: 3, schedule: 3, child: 4, dead: 2, replay: 3 };

/** An id for a task without a repeatable origin. Node keeps a supply of random bytes for UUIDs. */
export function randomTaskId(target: Target): TaskId {
  return toTaskId(randomUUID().replaceAll("-", ""), target);
}

/**
 * The id for an origin, always the same. Its digits are from the SHA-256 of the origin's parts, joined by NUL.
 *
 * @throws TypeError when a part contains a NUL, or the queue's key is malformed.
 */
export function deriveTaskId(origin: TaskOrigin, target: Target): TaskId {
  return toTaskId(digestOf(originText(origin)), target);
}

/**
 * The id that revisions without callers gave a request with an idempotency key: the same for all callers, and without a
 * mark.
 */
export function sharedTaskId(key: { type: string; idempotencyKey: string; queue: string }): TaskId {
  return toTaskId(digestOf([key.type, key.idempotencyKey].join("\0")), { queue: key.queue, idempotency: "claim" });
}

/** Whether a value is an origin that this revision knows. */
export function isTaskOrigin(value: unknown): value is TaskOrigin {
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string" && !part.includes("\0"))) return false;
  return new Map(Object.entries(PARTS)).get(value[0]) === value.length;
}

/** Whether a value may be an origin that only a later revision knows. */
export function isLaterOrigin(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.every((part) => typeof part === "string") && !Object.hasOwn(PARTS, String(value[0]));
}

/** The task type that an origin names; undefined if it names none. */
export function typeInOrigin(origin: TaskOrigin): string | undefined {
  switch (origin[0]) {
    case "outbox":
      return origin[1];
    case "key":
    case "child":
      return origin[2];
    case "schedule":
    case "dead":
    case "replay":
      return undefined;
  }
}

/** Whether an id was derived from an origin, whatever its queue and mark. */
export function isDerivedFrom(id: TaskId, origin: TaskOrigin): boolean {
  return id.startsWith(digestOf(originText(origin)).slice(0, HEX_DIGITS));
}

/** Parses a task id; undefined if it is malformed. */
export function parseTaskId(text: string): TaskId | undefined {
  return isTaskId(text) ? text : undefined;
}

/** The queue key in a task's id. The caller must check that the queue exists. */
export function queueOf(id: TaskId): string {
  return queuePart(id);
}

/** Whether an id marks its task's type as natural. Earlier revisions set no mark. */
export function isMarkedNatural(id: TaskId): boolean {
  return id[HEX_DIGITS] === NATURAL_MARK;
}

function digestOf(text: string): string {
  return hash("sha256", text);
}
