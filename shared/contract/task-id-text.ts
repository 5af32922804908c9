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

/** What else an id says about its task. */
export type Target = Pick<TaskType, "queue" | "idempotency">;

export const HEX_DIGITS = 32;
export const NATURAL_MARK = "n";
const TASK_ID_PATTERN = new RegExp(`^[0-9a-f]{${HEX_DIGITS}}${NATURAL_MARK}?-`);

/**
 * The text whose SHA-256 an origin's id begins with: its parts, joined by NUL.
 *
 * @throws TypeError when a part contains a NUL.
 */
export function originText(origin: TaskOrigin): string {
  if (origin.some((part) => part.includes("\0"))) throw new TypeError("A part of a task's origin can't contain NUL.");
  return origin.join("\0");
}

/**
 * An id that begins with a hexadecimal number.
 *
 * @throws TypeError when the queue's key is malformed.
 */
export function toTaskId(digits: string, { queue, idempotency }: Target): TaskId {
  const id = `${digits.slice(0, HEX_DIGITS)}${idempotency === "natural" ? NATURAL_MARK : ""}-${queue}`;
  if (!isTaskId(id)) throw new TypeError(`The queue key "${queue}" must be ${QUEUE_KEY_FORM}.`);
  return id;
}

export function isTaskId(text: string): text is TaskId {
  return TASK_ID_PATTERN.test(text) && isQueueKey(queuePart(text));
}

/** What stands after the digits and the mark. */
export function queuePart(text: string): string {
  return text.slice(text.indexOf("-") + 1);
}
