import { pageOf } from "./paging.ts";
import type { Queue, QueueSettings } from "../state/queue.ts";
import { parseHttpTarget } from "../wire/http-target.ts";
import { parseQueueConfig } from "../wire/queue-config.ts";
import { parseQueueFilter } from "./filter/queue-filter.ts";
import { mergeByMask } from "./queue-mask.ts";
import { queueToWire } from "../wire/queue-wire.ts";
import { checkToken } from "../wire/token-wire.ts";
import { type QueueName, isQueueId, parseQueueName } from "./resource-names.ts";
import { type RpcContext, requireQueue } from "./rpc-context.ts";
import {
  entityNotFound,
  invalidQueueId,
  malformedQueueName,
  queueExists,
  queueNameTaken,
  queueOutsideParent,
  unsupported,
} from "./service-errors.ts";
import type {
  CreateQueueRequest,
  ListQueuesRequest,
  OneQueueRequest,
  UpdateQueueRequest,
  QueueReply,
  WireQueue,
} from "../wire/wire.ts";

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#listqueuesrequest */
const MAX_QUEUES_PER_PAGE = 9800;

/** Handles the RPCs on queues. */
export function createQueueHandlers(context: RpcContext) {
  return {
    CreateQueue: (request: CreateQueueRequest) => createQueue(context, request),
    UpdateQueue: (request: UpdateQueueRequest) => updateQueue(context, request),
    GetQueue: (request: OneQueueRequest) => queueToWire(requireQueue(context, request.name, "GetQueue")),
    ListQueues: (request: ListQueuesRequest) => listQueues(context, request),
    DeleteQueue: (request: OneQueueRequest) => deleteQueue(context, request),
    PurgeQueue: (request: OneQueueRequest) => purgeQueue(context, request),
    PauseQueue: (request: OneQueueRequest) =>
      setPaused(context, requireQueue(context, request.name, "PauseQueue"), true),
    ResumeQueue: (request: OneQueueRequest) =>
      setPaused(context, requireQueue(context, request.name, "ResumeQueue"), false),
  };
}

function createQueue(context: RpcContext, request: CreateQueueRequest): QueueReply {
  const { parent } = request;
  context.access.location(parent, "CreateQueue");
  const wire = request.queue ?? {};
  const name = parseNewQueueName(wire.name ?? "");
  if (!name.name.startsWith(`${parent}/`)) throw queueOutsideParent({ queue: name.name, parent });
  refuseInvalidTarget(wire);
  const settings = { config: parseQueueConfig(wire), paused: false };
  if (context.state.queues.has(name.name)) throw queueExists();
  return queueToWire(addQueue(context, name, settings));
}

/** Updates a queue, or creates it if it doesn't exist. Without a mask every field is set, and with an empty one none. */
function updateQueue(context: RpcContext, request: UpdateQueueRequest): QueueReply {
  const wire = request.queue ?? {};
  const name = context.access.queue(wire.name ?? "", "UpdateQueue");
  // As in the service, a target must be valid even outside the mask.
  refuseInvalidTarget(wire);
  const queue = context.state.queues.get(name.name);
  const paths = request.updateMask?.paths;
  const current = queue ? queueToWire(queue) : {};
  const config = parseQueueConfig(paths ? mergeByMask(current, wire, { paths, type: context.queueType }) : wire);
  if (!queue) return queueToWire(addQueue(context, name, { config, paused: false }));
  return queueToWire(setSettings(context, queue, { ...queue.settings, config }));
}

/** A token is checked here only: a mask may take its e-mail address away, as recorded. */
function refuseInvalidTarget({ appEngineRoutingOverride, httpTarget }: WireQueue): void {
  if (appEngineRoutingOverride) throw unsupported("Queue.app_engine_routing_override");
  const token = httpTarget ? parseHttpTarget(httpTarget).token : undefined;
  if (token) checkToken(token);
}

function listQueues(context: RpcContext, request: ListQueuesRequest) {
  const { parent, filter, pageSize, pageToken } = request;
  context.access.location(parent, "ListQueues");
  const matches = parseQueueFilter(filter, context.queueType);
  const queues = [...context.state.queues.values()]
    .filter((queue) => queue.name.name.startsWith(`${parent}/`) && matches(queue))
    .toSorted((a, b) => (a.name.name < b.name.name ? -1 : 1));
  const page = pageOf(
    { items: () => queues, keyOf: (queue) => queue.name.name, mostItems: MAX_QUEUES_PER_PAGE },
    {
      kind: "ListQueuesRequest",
      pageSize,
      pageToken,
      query: JSON.stringify([parent, filter]),
      nowMs: context.clock.now(),
    },
  );
  return { queues: page.items.map(queueToWire), nextPageToken: page.nextPageToken };
}

function deleteQueue(context: RpcContext, request: OneQueueRequest): object {
  context.access.queue(request.name, "DeleteQueue");
  const queue = context.state.queues.get(request.name);
  if (!queue) throw entityNotFound();
  context.state.commit({ kind: "queue-deleted", queue: request.name, atMs: context.clock.now() });
  context.scheduler.queueDeleted(queue);
  return {};
}

function purgeQueue(context: RpcContext, request: OneQueueRequest): QueueReply {
  const queue = requireQueue(context, request.name, "PurgeQueue");
  const purged = [...queue.tasks.values()];
  context.state.commit({ kind: "queue-purged", queue: queue.name.name, atMs: context.clock.now() });
  context.scheduler.tasksDeleted(queue, purged);
  return queueToWire(queue);
}

function setPaused(context: RpcContext, queue: Queue, paused: boolean): QueueReply {
  return queueToWire(setSettings(context, queue, { ...queue.settings, paused }));
}

function parseNewQueueName(wireName: string): QueueName {
  const name = parseQueueName(wireName);
  if (!name) throw malformedQueueName();
  if (!isQueueId(name.queueId)) throw invalidQueueId(name.queueId);
  return name;
}

function addQueue({ state, scheduler, clock }: RpcContext, { name }: QueueName, settings: QueueSettings): Queue {
  if (state.isQueueNameTaken(name, clock.now())) throw queueNameTaken();
  const queue = state.commitQueue(name, settings);
  scheduler.queueCreated(queue);
  return queue;
}

function setSettings({ state, scheduler }: RpcContext, queue: Queue, settings: QueueSettings): Queue {
  state.commitQueue(queue.name.name, settings);
  scheduler.queueChanged(queue);
  return queue;
}
