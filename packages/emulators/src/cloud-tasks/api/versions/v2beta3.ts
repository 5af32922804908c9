import type protobuf from "protobufjs/light.js";
import type { RpcHandler } from "../../../rpc/bind-service.ts";
import type { WireMessage } from "../../../rpc/wire-message.ts";
import type { Queue } from "../../state/queue.ts";
import { millisToWire } from "../../wire/wire-time.ts";
import { mergeByMask } from "../queue-mask.ts";
import type { RpcContext } from "../rpc-context.ts";
import { unsupported } from "../service-errors.ts";

type Handlers = Readonly<Record<string, RpcHandler>>;

/** The numbers of Queue.Type. */
const PULL = 1;
const PUSH = 2;

/**
 * Makes the handlers of v2 those of v2beta3. Its messages are v2's, by other numbers; a queue also has a type and
 * statistics, and may be asked for in parts.
 *
 * @param queueType google.cloud.tasks.v2beta3.Queue, for read masks.
 */
export function asV2beta3(handlers: Handlers, context: RpcContext, queueType: () => protobuf.Type): Handlers {
  const one = (rpc: string) => handlerOf(handlers, rpc);
  return {
    ...handlers,
    CreateTask: refusing(one("CreateTask"), ({ task }) => refusePullTask(task)),
    BatchCreateTasks: refusing(one("BatchCreateTasks"), ({ requests }) => {
      for (const { task } of requests) refusePullTask(task);
    }),
    ...Object.fromEntries(
      ["CreateQueue", "UpdateQueue"].map((rpc) => [
        rpc,
        refusing(withType(one(rpc)), ({ queue }) => refuseUnsupportedQueue(queue)),
      ]),
    ),
    ...Object.fromEntries(["PurgeQueue", "PauseQueue", "ResumeQueue"].map((rpc) => [rpc, withType(one(rpc))])),
    GetQueue: async (request, send) =>
      masked(await withType(one("GetQueue"))(request, send), request, context, queueType()),
    ListQueues: async (request, send) => {
      const reply: WireMessage = await one("ListQueues")(request, send);
      const queues = reply.queues.map((queue: object) =>
        masked({ ...queue, type: PUSH }, request, context, queueType()),
      );
      return { ...reply, queues };
    },
  };
}

function handlerOf(handlers: Handlers, rpc: string): RpcHandler {
  const handler = handlers[rpc];
  if (!handler) throw new Error(`${rpc} has no handler.`);
  return handler;
}

const withType =
  (handler: RpcHandler): RpcHandler =>
  async (request, send) => ({ ...Object(await handler(request, send)), type: PUSH });

const refusing =
  (handler: RpcHandler, refuse: (request: WireMessage) => void): RpcHandler =>
  (request, send) => {
    refuse(request);
    return handler(request, send);
  };

function refusePullTask(task: WireMessage): void {
  if (task?.pullMessage) throw unsupported("Task.pull_message");
}

/** gcloud sends an App Engine target without any fields, which changes nothing. */
function refuseUnsupportedQueue(queue: WireMessage): void {
  if (queue?.type === PULL) throw unsupported("Queue.type PULL");
  if (queue?.appEngineHttpQueue?.appEngineRoutingOverride) {
    throw unsupported("Queue.app_engine_http_queue.app_engine_routing_override");
  }
  if (queue?.taskTtl) throw unsupported("Queue.task_ttl");
  if (queue?.tombstoneTtl) throw unsupported("Queue.tombstone_ttl");
}

/** Statistics are in a reply only if the request's mask names them. */
function masked(reply: WireMessage, request: WireMessage, context: RpcContext, type: protobuf.Type): object {
  const paths: readonly string[] | undefined = request.readMask?.paths;
  if (!paths || paths.length === 0 || paths.includes("*")) return reply;
  const queue = context.state.queues.get(reply.name);
  const full = queue ? { ...reply, stats: statsOf(queue, context) } : reply;
  return mergeByMask({}, full, { paths, type });
}

/** Like the service's own comments on QueueStats say; a task that is being delivered isn't scheduled. */
function statsOf(queue: Queue, { scheduler }: RpcContext): object {
  const tasks = [...queue.tasks.values()];
  const scheduled = tasks.filter(({ running }) => running === 0);
  const nextMs = scheduled.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY);
  const { effectiveRate, answeredLastMinute } = scheduler.statistics(queue);
  return {
    tasksCount: tasks.length,
    ...(Number.isFinite(nextMs) ? { oldestEstimatedArrivalTime: millisToWire(nextMs) } : {}),
    executedLastMinuteCount: answeredLastMinute,
    concurrentDispatchesCount: tasks.reduce((sum, { running }) => sum + running, 0),
    effectiveExecutionRate: effectiveRate,
  };
}
