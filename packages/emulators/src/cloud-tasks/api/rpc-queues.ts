import { pageOf } from "./paging.ts";
import type { Queue, QueueSettings } from "../state/queue.ts";
import { parseQueueConfig } from "../wire/queue-config.ts";
import { parseQueueFilter } from "./queue-filter.ts";
import { mergeQueue } from "./queue-mask.ts";
import { queueToWire } from "../wire/queue-wire.ts";
import { type QueueName, isQueueId, parseLocationName, parseQueueName } from "./resource-names.ts";
import { type RpcContext, requireQueue } from "./rpc-context.ts";
import {
  entityNotFound,
  invalidQueueId,
  malformedQueueName,
  malformedResource,
  queueExists,
  queueNameTaken,
  queueOutsideParent,
  unknownProject,
} from "./service-errors.ts";
import type {
  CreateQueueRequest,
  ListQueuesRequest,
  OneQueueRequest,
  UpdateQueueRequest,
  QueueReply,
} from "../wire/wire.ts";

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#listqueuesrequest */
const MOST_QUEUES_A_PAGE = 9800;

/** Handles the RPCs on queues. */
export function createQueueHandlers(context: RpcContext) {
  return {
    CreateQueue: (request: CreateQueueRequest) => createQueue(context, request),
    UpdateQueue: (request: UpdateQueueRequest) => updateQueue(context, request),
    GetQueue: (request: OneQueueRequest) => queueToWire(requireQueue(context, request.name)),
    ListQueues: (request: ListQueuesRequest) => listQueues(context, request),
    DeleteQueue: (request: OneQueueRequest) => deleteQueue(context, request),
    PurgeQueue: (request: OneQueueRequest) => purgeQueue(context, request),
    PauseQueue: (request: OneQueueRequest) => setPaused(context, request.name, true),
    ResumeQueue: (request: OneQueueRequest) => setPaused(context, request.name, false),
  };
}

function createQueue(context: RpcContext, request: CreateQueueRequest): QueueReply {
  const { parent } = request;
  if (!parseLocationName(parent)) throw unknownProject(parent);
  const wire = request.queue ?? {};
  const name = parseNewQueueName(wire.name ?? "");
  if (!name.name.startsWith(`${parent}/`)) throw queueOutsideParent({ queue: name.name, parent });
  const settings = { config: parseQueueConfig(wire), paused: false };
  if (context.state.queues.has(name.name)) throw queueExists();
  return queueToWire(addQueue(context, name, settings));
}

/** Updates a queue, or creates it if it doesn't exist. */
function updateQueue(context: RpcContext, request: UpdateQueueRequest): QueueReply {
  const wire = request.queue ?? {};
  const name = parseNewQueueName(wire.name ?? "");
  const paths = request.updateMask?.paths ?? [];
  const queue = context.state.queues.get(name.name);
  if (!queue) {
    const config = parseQueueConfig(mergeQueue({}, wire, paths));
    return queueToWire(addQueue(context, name, { config, paused: false }));
  }
  const config = parseQueueConfig(mergeQueue(queueToWire(queue), wire, paths));
  return queueToWire(setSettings(context, queue, { ...queue.settings, config }));
}

function listQueues(context: RpcContext, request: ListQueuesRequest) {
  const { parent, filter, pageSize, pageToken } = request;
  if (!parseLocationName(parent)) throw malformedResource();
  const matches = parseQueueFilter(filter);
  const queues = [...context.state.queues.values()]
    .filter((queue) => queue.name.name.startsWith(`${parent}/`) && matches(queue))
    .toSorted((a, b) => (a.name.name < b.name.name ? -1 : 1));
  const page = pageOf(
    { items: queues, keyOf: (queue) => queue.name.name, mostItems: MOST_QUEUES_A_PAGE },
    { pageSize, pageToken, query: JSON.stringify([parent, filter]), nowMs: context.clock.now() },
  );
  return { queues: page.items.map(queueToWire), nextPageToken: page.nextPageToken };
}

function deleteQueue(context: RpcContext, request: OneQueueRequest): object {
  if (!parseQueueName(request.name)) throw malformedResource();
  const queue = context.state.queues.get(request.name);
  if (!queue) throw entityNotFound();
  context.state.commit({ kind: "queue-deleted", queue: request.name, atMs: context.clock.now() });
  context.scheduler.queueDeleted(queue);
  return {};
}

function purgeQueue(context: RpcContext, request: OneQueueRequest): QueueReply {
  const queue = requireQueue(context, request.name);
  const purged = [...queue.tasks.values()];
  context.state.commit({ kind: "queue-purged", queue: queue.name.name, atMs: context.clock.now() });
  context.scheduler.tasksDeleted(queue, purged);
  return queueToWire(queue);
}

function setPaused(context: RpcContext, name: string, paused: boolean): QueueReply {
  const queue = requireQueue(context, name);
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
