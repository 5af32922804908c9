import type protobuf from "protobufjs/light.js";
import type { Clock } from "../../kernel/clock.ts";
import type { Queue } from "../state/queue.ts";
import { parseQueueName } from "./resource-names.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import { malformedResource, queueNotFound } from "./service-errors.ts";
import type { State } from "../state/state.ts";

/** What all RPC handlers work with. */
export interface RpcContext {
  readonly clock: Clock;
  readonly state: State;
  readonly scheduler: Scheduler;
  /** google.cloud.tasks.v2.Task, to measure tasks with. */
  readonly taskType: protobuf.Type;
  /** Whether to refuse tokens for http:// targets, as the service does. */
  readonly httpsForTokens: boolean;
}

/**
 * Finds a queue by the name in a request.
 *
 * @throws RpcError INVALID_ARGUMENT when it is not a queue's name, NOT_FOUND when the queue doesn't exist.
 */
export function requireQueue({ state, scheduler }: RpcContext, name: string): Queue {
  if (!parseQueueName(name)) throw malformedResource();
  const queue = state.queues.get(name);
  if (!queue) throw queueNotFound();
  scheduler.expireOld(queue);
  return queue;
}
