import { createHash, randomBytes } from "node:crypto";
import { QUEUE_KEY_FORM, isQueueKey } from "./queues.ts";

declare const taskIdBrand: unique symbol;

/**
 * A task's id, `<32 hex digits>[n]-<queue key>`: hashed first, so that names spread over the service; the queue in it, so
 * that the id alone is enough to find the task and its record. The `n` will mark natural types; it is only read so far.
 */
export type TaskId = string & { readonly [taskIdBrand]: true };

const HEX_DIGITS = 32;
const TASK_ID_PATTERN = new RegExp(`^[0-9a-f]{${HEX_DIGITS}}n?-`);

/** An id for a task that has no idempotency key. */
export function randomTaskId(queue: string): TaskId {
  return toTaskId(randomBytes(HEX_DIGITS / 2).toString("hex"), queue);
}

/** The id that a task type and an idempotency key always give: the start of SHA-256 over both. */
export function taskIdForKey(key: { type: string; idempotencyKey: string; queue: string }): TaskId {
  // A task type holds no NUL, so no two pairs can run together into one text.
  const digest = createHash("sha256").update(`${key.type}\0${key.idempotencyKey}`).digest("hex");
  return toTaskId(digest.slice(0, HEX_DIGITS), key.queue);
}

/** The id, if the text has the form of one. */
export function parseTaskId(text: string): TaskId | undefined {
  return isTaskId(text) ? text : undefined;
}

/** The key of the queue that a task's id names. Whether there is such a queue is for the caller to check. */
export function queueOf(id: TaskId): string {
  return queuePart(id);
}

export function isTaskId(text: string): text is TaskId {
  return TASK_ID_PATTERN.test(text) && isQueueKey(queuePart(text));
}

function queuePart(text: string): string {
  return text.slice(text.indexOf("-") + 1);
}

function toTaskId(digits: string, queue: string): TaskId {
  const id = `${digits}-${queue}`;
  if (!isTaskId(id)) throw new TypeError(`The queue key "${queue}" must be ${QUEUE_KEY_FORM}.`);
  return id;
}
