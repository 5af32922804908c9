import type { Connection } from "../http/connection.ts";
import type { CallOptions } from "../options.ts";
import type { Definition, NewTaskOptions } from "../task-types.ts";
import type { Task } from "../views/task.ts";
import { keyOf } from "./idempotency-key.ts";
import { newTaskText } from "./new-task-text.ts";

/** Enqueues a task. All tries use the same key. */
export async function enqueue(
  connection: Connection,
  task: { readonly type: string | Definition; readonly payload: unknown },
  { idempotencyKey, delaySeconds, scheduleTime, signal }: NewTaskOptions & CallOptions,
): Promise<Task> {
  const key = keyOf(idempotencyKey);
  const { body } = await connection.call<Task>({
    method: "POST",
    path: "/v1/tasks",
    body: newTaskText({ ...task, delaySeconds, scheduleTime }),
    idempotencyKey: key,
    signal,
    shape: { id: "text" },
  });
  return body;
}
