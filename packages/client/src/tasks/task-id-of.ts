import { type TaskOrigin, originText, toTaskId } from "../../../../shared/contract/task-id-text.ts";
import type { TaskTypeInfo } from "../views/service.ts";

/** The parts of a task type that an id depends on. `taskTypes()` returns them, and so does a definition. */
export type IdTarget = Pick<TaskTypeInfo, "queue" | "idempotency">;

/** What makes repeated requests the same task. */
export interface TaskKey {
  readonly type: string;
  readonly idempotencyKey: string;
  /** The e-mail address of the account that enqueues; `local` with a producer on this machine. */
  readonly caller: string;
}

/**
 * The id of the task that a caller's request with an idempotency key creates or has created. Nothing is sent.
 *
 * @throws TypeError when a part contains a NUL, or the queue's key is malformed.
 */
export async function taskIdOf({ caller, type, idempotencyKey }: TaskKey, target: IdTarget): Promise<string> {
  return await idOf(["key", caller.toLowerCase(), type, idempotencyKey], target);
}

/**
 * The id of the task that an application writes, or has written, into the outbox with an idempotency key. These keys
 * don't depend on the caller. Nothing is sent.
 *
 * @throws TypeError as `taskIdOf` does.
 */
export async function outboxTaskIdOf(
  { type, idempotencyKey }: Omit<TaskKey, "caller">,
  target: IdTarget,
): Promise<string> {
  return await idOf(["outbox", type, idempotencyKey], target);
}

/** Does the same as `deriveTaskId` for producers, with APIs that every runtime has. */
async function idOf(origin: TaskOrigin, target: IdTarget): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(originText(origin)));
  const digits = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return toTaskId(digits, target);
}
