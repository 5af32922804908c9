import { whatJsonChanges } from "../../../../shared/contract/new-task/json-changes.ts";
import type { NewTask } from "../task-types.ts";

/**
 * A new task as JSON, as the producer takes it. An item of a batch has its key in it.
 *
 * @throws TypeError when JSON would change the payload without a word. It lists every such value with its path.
 */
export function newTaskText(task: NewTask): string {
  const { payload, idempotencyKey, delaySeconds, scheduleTime } = task;
  const type = typeof task.type === "string" ? task.type : task.type.type;
  refuseChanges(payload, type);
  return JSON.stringify({ type, payload, idempotencyKey, delaySeconds, scheduleTime });
}

/**
 * Refuses a payload that JSON would change without a word.
 *
 * @param of what it is the payload of.
 * @throws TypeError that lists every value that would be changed, with its path.
 */
export function refuseChanges(payload: unknown, of: string): void {
  const changed = whatJsonChanges(payload, ["payload"]);
  if (changed.length === 0) return;
  const all = changed.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new TypeError(`The payload of ${of} is not JSON: ${all}.`);
}
