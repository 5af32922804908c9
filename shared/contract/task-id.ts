import { createHash, randomBytes } from "node:crypto";
import { QUEUE_KEYS, type QueueKey } from "./queues.ts";

declare const taskIdBrand: unique symbol;

/**
 * A task's id, `<32 hex digits>-<queue key>`: hashed first, so that names spread over the service; the queue in it, so
 * that the id alone is enough to find the task and its record.
 */
export type TaskId = string & { readonly [taskIdBrand]: true };

const HEX_DIGITS = 32;
const TASK_ID_PATTERN = new RegExp(`^[0-9a-f]{${HEX_DIGITS}}-(${QUEUE_KEYS.join("|")})$`);

/** An id for a task that has no idempotency key. */
export function randomTaskId(queue: QueueKey): TaskId {
  return toTaskId(randomBytes(HEX_DIGITS / 2).toString("hex"), queue);
}

/** The id that a task type and an idempotency key always give: the start of SHA-256 over both. */
export function taskIdForKey(key: { type: string; idempotencyKey: string; queue: QueueKey }): TaskId {
  // A task type holds no NUL, so no two pairs can run together into one text.
  const digest = createHash("sha256").update(`${key.type}\0${key.idempotencyKey}`).digest("hex");
  return toTaskId(digest.slice(0, HEX_DIGITS), key.queue);
}

/** The id, if the text has the form of one. */
export function parseTaskId(text: string): TaskId | undefined {
  return isTaskId(text) ? text : undefined;
}

/** The queue that a task's id names. */
export function queueOf(id: TaskId): QueueKey {
  const key = QUEUE_KEYS.find((candidate) => candidate === id.slice(HEX_DIGITS + 1));
  if (!key) throw new TypeError("A TaskId always names a queue.");
  return key;
}

export function isTaskId(text: string): text is TaskId {
  return TASK_ID_PATTERN.test(text);
}

function toTaskId(digits: string, queue: QueueKey): TaskId {
  const id = `${digits}-${queue}`;
  if (!isTaskId(id)) throw new TypeError(`"${id}" is not a task id.`);
  return id;
}
