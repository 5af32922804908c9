import type protobuf from "protobufjs/light.js";
import type { Clock } from "../../kernel/clock.ts";
import type { Queue } from "../state/queue.ts";
import type { Access, NamingRpc } from "./access.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import { queueNotFound } from "./service-errors.ts";
import type { State } from "../state/state.ts";

/** What all RPC handlers work with. */
export interface RpcContext {
  readonly clock: Clock;
  readonly state: State;
  readonly scheduler: Scheduler;
  /** Checks names for the service that is called. */
  readonly access: Access;
  /** google.cloud.tasks.v2.Task, to measure tasks with. */
  readonly taskType: protobuf.Type;
  /** google.cloud.tasks.v2.Queue, to update and to filter queues by its fields. */
  readonly queueType: protobuf.Type;
  /** Whether to refuse tokens for http:// targets, as the service does. */
  readonly httpsForTokens: boolean;
}

/**
 * Finds a queue by the name in a request.
 *
 * @throws RpcError INVALID_ARGUMENT or PERMISSION_DENIED when it is not a queue's name, NOT_FOUND when the queue doesn't
 * exist.
 */
export function requireQueue({ state, scheduler, access }: RpcContext, name: string, rpc: NamingRpc): Queue {
  const queue = state.queues.get(name);
  if (!queue) {
    // Only now: a queue that exists has a name that can be one.
    access.queue(name, rpc);
    throw queueNotFound();
  }
  scheduler.expireOld(queue);
  return queue;
}
