import { QUEUE_KEY_FORM, isQueueKey } from "./queues.ts";
import type { TaskType } from "./task-type.ts";

declare const taskIdBrand: unique symbol;

/**
 * A task's id, `<32 hex digits>[n]-<queue key>`. The digits are first so that names spread evenly over Cloud Tasks. The
 * queue key makes the id enough to find the task and its record. The `n` marks a natural type: a task with neither a
 * place in its queue nor a record has run if it is natural, and was removed if it isn't.
 */
export type TaskId = string & { readonly [taskIdBrand]: true };

/** The parts that an id is derived from, a row for each origin of a task. No two tasks have the same parts. */
export type TaskOrigin =
  /** A request with an idempotency key. Each caller has its own set of keys. */
  | readonly ["key", caller: string, type: string, idempotencyKey: string]
  /** An entry that an application wrote into the outbox. */
  | readonly ["outbox", type: string, idempotencyKey: string]
  /** One occurrence of a schedule. `minute` is in UTC: `2026-11-23T06:00Z`. */
  | readonly ["schedule", name: string, minute: string]
  /** A follow-up task. Each parent has its own set of keys. */
  | readonly ["child", parentId: string, type: string, key: string]
  /** The `onDead` task for a dead letter. */
  | readonly ["dead", letterId: string]
  /** The n-th replay of a dead letter. */
  | readonly ["replay", letterId: string, n: string];

/** What an id shows about its task besides its origin. */
export type Target = Pick<TaskType, "queue" | "idempotency">;

export const HEX_DIGITS = 32;
export const NATURAL_MARK = "n";
const TASK_ID_PATTERN = new RegExp(`^[0-9a-f]{${HEX_DIGITS}}${NATURAL_MARK}?-`);

/**
 * The text that is hashed (SHA-256) for an id's digits: the origin's parts, joined by NUL.
 *
 * @throws TypeError when a part contains a NUL.
 */
export function originText(origin: TaskOrigin): string {
  if (origin.some((part) => part.includes("\0"))) throw new TypeError("A part of a task's origin can't contain NUL.");
  return origin.join("\0");
}

/**
 * Builds an id from hexadecimal digits, of which it uses the first 32.
 *
 * @throws TypeError when the queue's key is malformed.
 */
export function toTaskId(digits: string, { queue, idempotency }: Target): TaskId {
  const id = `${digits.slice(0, HEX_DIGITS)}${idempotency === "natural" ? NATURAL_MARK : ""}-${queue}`;
  if (!isTaskId(id)) throw new TypeError(`The queue key "${queue}" must be ${QUEUE_KEY_FORM}.`);
  return id;
}

/** Whether a text has the form of a task's id. */
export function isTaskId(text: string): text is TaskId {
  return TASK_ID_PATTERN.test(text) && isQueueKey(queuePart(text));
}

/** The part after the digits and the mark. */
export function queuePart(text: string): string {
  return text.slice(text.indexOf("-") + 1);
}
