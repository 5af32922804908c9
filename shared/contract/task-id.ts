import { createHash, randomUUID } from "node:crypto";
import { QUEUE_KEY_FORM, isQueueKey } from "./queues.ts";
import type { TaskType } from "./task-type.ts";

declare const taskIdBrand: unique symbol;

/**
 * A task's id, `<32 hex digits>[n]-<queue key>`. The digits come first, so that names spread evenly over Cloud Tasks. The
 * queue key is included, so that the id alone is enough to find the task and its record. The `n` marks a natural type:
 * a task that has left its queue and no record has run if it is natural, and was removed if it isn't.
 */
export type TaskId = string & { readonly [taskIdBrand]: true };

/** What an id is derived from, a row for each origin of a task. No two rows, and no two tasks of one row, are the same. */
export type TaskOrigin =
  /** A request with an idempotency key. Each caller's keys are its own. */
  | readonly ["key", caller: string, type: string, idempotencyKey: string]
  /** An entry that an application wrote into the outbox. */
  | readonly ["outbox", type: string, idempotencyKey: string]
  /** Each time a schedule is due. `minute` is in UTC: `2026-11-23T06:00Z`. */
  | readonly ["schedule", name: string, minute: string]
  /** A follow-up task. Each parent's keys are its own. */
  | readonly ["child", parentId: string, type: string, key: string]
  /** What a task type wants done about a dead letter. */
  | readonly ["dead", letterId: string]
  /** The n-th replay of a dead letter. */
  | readonly ["replay", letterId: string, n: string];

/** How many parts an origin has, its name included. */
const PARTS: Readonly<Record<TaskOrigin[0], number>> = { key: 4, outbox: 3, schedule: 3, child: 4, dead: 2, replay: 3 };

/** What else an id says about its task. */
type Target = Pick<TaskType, "queue" | "idempotency">;

const HEX_DIGITS = 32;
const NATURAL_MARK = "n";
const TASK_ID_PATTERN = new RegExp(`^[0-9a-f]{${HEX_DIGITS}}${NATURAL_MARK}?-`);

/** An id for a task without an origin that could be repeated. Node keeps random bytes for UUIDs in store. */
export function randomTaskId(target: Target): TaskId {
  return toTaskId(randomUUID().replaceAll("-", ""), target);
}

/**
 * The id for an origin, always the same: it begins with the SHA-256 of the origin's parts, joined by NUL.
 *
 * @throws TypeError when a part contains a NUL, or the queue's key is malformed.
 */
export function deriveTaskId(origin: TaskOrigin, target: Target): TaskId {
  if (origin.some((part) => part.includes("\0"))) throw new TypeError("A part of a task's origin can't contain NUL.");
  return toTaskId(digitsOf(origin), target);
}

/**
 * The id that revisions without callers gave a request with an idempotency key: one for all callers, and without a mark.
 */
export function sharedTaskId(key: { type: string; idempotencyKey: string; queue: string }): TaskId {
  return toTaskId(digitsOf([key.type, key.idempotencyKey]), { queue: key.queue, idempotency: "claim" });
}

/** Whether a value is an origin as this revision knows them. */
export function isTaskOrigin(value: unknown): value is TaskOrigin {
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string" && !part.includes("\0"))) return false;
  return new Map(Object.entries(PARTS)).get(value[0]) === value.length;
}

/** Whether a value may be an origin of a kind that a later revision knows. */
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

/** Whether an id is an origin's, whatever queue it names and whether or not it is marked. */
export function isDerivedFrom(id: TaskId, origin: TaskOrigin): boolean {
  return id.startsWith(digitsOf(origin));
}

/** The text as an id, if it is well-formed. */
export function parseTaskId(text: string): TaskId | undefined {
  return isTaskId(text) ? text : undefined;
}

/** The queue key in a task's id. The caller must check that there is such a queue. */
export function queueOf(id: TaskId): string {
  return queuePart(id);
}

export function isTaskId(text: string): text is TaskId {
  return TASK_ID_PATTERN.test(text) && isQueueKey(queuePart(text));
}

/** Whether an id marks its task's type as natural. Earlier revisions marked none. */
export function isMarkedNatural(id: TaskId): boolean {
  return id[HEX_DIGITS] === NATURAL_MARK;
}

function queuePart(text: string): string {
  return text.slice(text.indexOf("-") + 1);
}

function digitsOf(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, HEX_DIGITS);
}

function toTaskId(digits: string, { queue, idempotency }: Target): TaskId {
  const id = `${digits}${idempotency === "natural" ? NATURAL_MARK : ""}-${queue}`;
  if (!isTaskId(id)) throw new TypeError(`The queue key "${queue}" must be ${QUEUE_KEY_FORM}.`);
  return id;
}
