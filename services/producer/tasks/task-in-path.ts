import type { Context } from "hono";
import { type TaskId, parseTaskId, queueOf } from "../../../shared/contract/task-id.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";

/** The path's parameter, for the description. */
export const TASK_ID_PARAMETER = { name: "id", in: "path", required: true, schema: { type: "string" } } as const;

/**
 * The id of the task in a request's path, noted for the access log; undefined if it is malformed or of an unknown queue, so
 * that there is no such task.
 */
export function taskInPath(
  context: Context<ProducerEnv>,
  { registry }: Pick<Producer, "registry">,
): TaskId | undefined {
  const id = parseTaskId(context.req.param("id") ?? "");
  if (!id || !registry.queues.has(queueOf(id))) return undefined;
  context.set("taskId", id);
  return id;
}
