import { createHash, randomBytes } from "node:crypto";
import { QUEUE_KEY_FORM, isQueueKey } from "./queues.ts";

declare const taskIdBrand: unique symbol;

/**
 * A task's id, `<32 hex digits>[n]-<queue key>`. The hash comes first, so that names spread evenly over Cloud Tasks.
 * The queue key is included, so that the id alone is enough to find the task and its record. The `n` will mark natural
 * types; so far it is only parsed.
 */
export type TaskId = string & { readonly [taskIdBrand]: true };

const HEX_DIGITS = 32;
const TASK_ID_PATTERN = new RegExp(`^[0-9a-f]{${HEX_DIGITS}}n?-`);

/** An id for a task that has no idempotency key. */
export function randomTaskId(queue: string): TaskId {
  return toTaskId(randomBytes(HEX_DIGITS / 2).toString("hex"), queue);
}

/** The id for a task type and an idempotency key, always the same: the beginning of the SHA-256 of both. */
export function taskIdForKey(key: { type: string; idempotencyKey: string; queue: string }): TaskId {
  // A task type contains no NUL, so no two pairs give the same text.
  const digest = createHash("sha256").update(`${key.type}\0${key.idempotencyKey}`).digest("hex");
  return toTaskId(digest.slice(0, HEX_DIGITS), key.queue);
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

function queuePart(text: string): string {
  return text.slice(text.indexOf("-") + 1);
}

function toTaskId(digits: string, queue: string): TaskId {
  const id = `${digits}-${queue}`;
  if (!isTaskId(id)) throw new TypeError(`The queue key "${queue}" must be ${QUEUE_KEY_FORM}.`);
  return id;
}
