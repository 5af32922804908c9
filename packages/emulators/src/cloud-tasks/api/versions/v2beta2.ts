import type { RpcHandler } from "../../../rpc/bind-service.ts";
import type { WireMessage } from "../../../rpc/wire-message.ts";
import { unsupported } from "../service-errors.ts";

type Handlers = Readonly<Record<string, RpcHandler>>;

/** The fields that v2beta2 names differently. */
const RENAMED: readonly (readonly [v2beta2: string, v2: string])[] = [
  ["rate_limits.max_tasks_dispatched_per_second", "rate_limits.max_dispatches_per_second"],
  ["rate_limits.max_concurrent_tasks", "rate_limits.max_concurrent_dispatches"],
  ["retry_config.unlimited_attempts", "retry_config.max_attempts"],
];

const QUEUE_RPCS = ["GetQueue", "CreateQueue", "UpdateQueue", "PurgeQueue", "PauseQueue", "ResumeQueue"];
const TASK_RPCS = ["GetTask", "CreateTask", "RunTask"];

/**
 * Makes the handlers of v2beta3 those of v2beta2, for what queues with HTTP targets need of it. Pull queues, with the
 * RPCs that lease their tasks, are not implemented.
 */
export function asV2beta2(handlers: Handlers): Handlers {
  const adapted = (rpc: string, reply: (reply: WireMessage) => object): [string, RpcHandler] => [
    rpc,
    async (request, send) => {
      const handler = handlers[rpc];
      if (!handler) throw new Error(`${rpc} has no handler.`);
      return reply(await handler(toV2(request), send));
    },
  ];
  const kept = ["DeleteQueue", "DeleteTask", "GetIamPolicy", "SetIamPolicy", "TestIamPermissions"];
  return Object.fromEntries([
    ...kept.map((rpc) => adapted(rpc, (reply) => reply)),
    ...QUEUE_RPCS.map((rpc) => adapted(rpc, queueInV2beta2)),
    ...TASK_RPCS.map((rpc) => adapted(rpc, taskInV2beta2)),
    adapted("ListQueues", (reply) => ({ ...reply, queues: reply.queues.map(queueInV2beta2) })),
    adapted("ListTasks", (reply) => ({ ...reply, tasks: reply.tasks.map(taskInV2beta2) })),
  ]);
}

function toV2(request: WireMessage): WireMessage {
  return {
    ...request,
    // A decoded message has its defaults in its prototype, which a copy loses.
    ...defaultsOf(request),
    ...(request.queue ? { queue: queueInV2(request.queue) } : {}),
    ...(request.task ? { task: taskInV2(request.task) } : {}),
    ...(request.updateMask?.paths ? { updateMask: { paths: request.updateMask.paths.map(pathInV2) } } : {}),
    ...(request.readMask?.paths ? { readMask: { paths: request.readMask.paths.map(pathInV2) } } : {}),
    ...(request.filter ? { filter: pathInV2(request.filter) } : {}),
  };
}

/** What the handlers read of every request. */
const READ = ["name", "parent", "resource", "filter", "pageSize", "pageToken", "responseView", "permissions", "policy"];

function defaultsOf(request: WireMessage): object {
  return Object.fromEntries(READ.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]));
}

const pathInV2 = (text: string): string =>
  RENAMED.reduce((path, [beta, stable]) => path.replaceAll(beta, stable), text);

function queueInV2(queue: WireMessage): object {
  if (queue.pullTarget) throw unsupported("Queue.pull_target");
  if (queue.appEngineHttpTarget?.appEngineRoutingOverride) throw unsupported("Queue.app_engine_http_target");
  const { rateLimits, retryConfig } = queue;
  return {
    ...queue,
    name: queue.name,
    ...(rateLimits
      ? {
          rateLimits: {
            maxDispatchesPerSecond: rateLimits.maxTasksDispatchedPerSecond,
            maxConcurrentDispatches: rateLimits.maxConcurrentTasks,
          },
        }
      : {}),
    ...(retryConfig
      ? { retryConfig: { ...retryConfig, maxAttempts: retryConfig.unlimitedAttempts ? -1 : retryConfig.maxAttempts } }
      : {}),
  };
}

function queueInV2beta2({ rateLimits, retryConfig, type: _push, ...queue }: WireMessage): object {
  const { maxAttempts, ...retry } = retryConfig ?? {};
  return {
    ...queue,
    ...(rateLimits
      ? {
          rateLimits: {
            maxTasksDispatchedPerSecond: rateLimits.maxDispatchesPerSecond,
            maxBurstSize: rateLimits.maxBurstSize,
            maxConcurrentTasks: rateLimits.maxConcurrentDispatches,
          },
        }
      : {}),
    ...(retryConfig
      ? { retryConfig: { ...retry, ...(maxAttempts === -1 ? { unlimitedAttempts: true } : { maxAttempts }) } }
      : {}),
  };
}

function taskInV2(task: WireMessage): object {
  if (task.pullMessage) throw unsupported("Task.pull_message");
  return task;
}

/** A task with its attempts in a status of their own. */
export function taskInV2beta2(task: WireMessage): object {
  const {
    dispatchCount,
    responseCount,
    firstAttempt,
    lastAttempt,
    dispatchDeadline: _none,
    retryConfig: _no,
    ...kept
  } = task;
  return {
    ...kept,
    status: {
      attemptDispatchCount: dispatchCount ?? 0,
      attemptResponseCount: responseCount ?? 0,
      ...(firstAttempt ? { firstAttemptStatus: firstAttempt } : {}),
      ...(lastAttempt ? { lastAttemptStatus: lastAttempt } : {}),
    },
  };
}
