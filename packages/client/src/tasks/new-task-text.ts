import { findJsonLosses } from "../../../../shared/contract/new-task/json-losses.ts";
import type { NewTask } from "../task-types.ts";

/**
 * A new task as JSON in the producer's form. An item of a batch includes its key.
 *
 * @throws TypeError when JSON would silently change the payload. It lists every such value with its path.
 */
export function newTaskText(task: NewTask): string {
  const { payload, idempotencyKey, delaySeconds, scheduleTime } = task;
  const type = typeof task.type === "string" ? task.type : task.type.type;
  refuseChanges(payload, type);
  return JSON.stringify({ type, payload, idempotencyKey, delaySeconds, scheduleTime });
}

/**
 * Refuses a payload that JSON would silently change.
 *
 * @param of what the payload is for.
 * @throws TypeError that lists every value that would be changed, with its path.
 */
export function refuseChanges(payload: unknown, of: string): void {
  const changed = findJsonLosses(payload, ["payload"]);
  if (changed.length === 0) return;
  const all = changed.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new TypeError(`The payload of ${of} is not JSON: ${all}.`);
}
