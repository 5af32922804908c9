import type { Context } from "hono";
import { problemResponse } from "../../../shared/http/problem.ts";
import type { ProducerEnv } from "../http/producer-env.ts";
import type { Producer } from "../producer.ts";

/** The path's parameter, for the OpenAPI document. */
export const QUEUE_KEY_PARAMETER = {
  name: "key",
  in: "path",
  required: true,
  description: "The queue's key, as in task types.",
  schema: { type: "string" },
  example: "default",
} as const;

export const NO_SUCH_QUEUE = "There is no queue with this key.";

/** The key of the queue in a request's path; undefined if there is no such queue. */
export function queueInPath(
  context: Context<ProducerEnv>,
  { registry }: Pick<Producer, "registry">,
): string | undefined {
  const key = context.req.param("key") ?? "";
  return registry.queues.has(key) ? key : undefined;
}

/** The response for an unknown queue key. */
export function noSuchQueue({ registry }: Pick<Producer, "registry">): Response {
  const keys = [...registry.queues.keys()].join(", ");
  const detail = `${NO_SUCH_QUEUE} The queues are ${keys}.`;
  return problemResponse({ status: 404, title: "Not found", code: "queue-not-found", detail });
}
