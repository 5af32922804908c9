import type protobuf from "protobufjs/light.js";
import { RpcCode, RpcError } from "../../../rpc/rpc-error.ts";
import { millisToWire } from "../../wire/wire-time.ts";
import type { CreateTaskRequest, TaskReply } from "../../wire/wire.ts";
import { parseTaskId } from "../new-task.ts";
import type { QueueName } from "../resource-names.ts";
import type { RpcContext } from "../rpc-context.ts";
import { createTaskIn, deleteTaskIn } from "../rpc-tasks.ts";
import { entityNotFound, invalidArgument, queueNotFound } from "../service-errors.ts";
import { type OperationReply, type Operations, type RequestStatus, packed, statusOf } from "./operations.ts";

interface BatchCreateTasksRequest {
  readonly parent: string;
  readonly requests: readonly CreateTaskRequest[];
  readonly requestId: string;
}

interface BatchDeleteTasksRequest {
  readonly parent: string;
  readonly names: readonly string[];
  readonly requestId: string;
}

/** What batches need besides the context of all RPCs. */
interface BatchDeps {
  readonly operations: Operations;
  /** The package of the service's version, whose messages describe the operations. */
  readonly namespace: string;
  readonly protos: () => protobuf.Root;
}

const MAX_CREATES = 100;
const MAX_DELETES = 1000;

/** The numbers of the states in the metadata of the two operations, which differ. */
const CREATE_STATES = { succeeded: 2, failed: 3, partlySucceeded: 5 };
const DELETE_STATES = { succeeded: 2, partlySucceeded: 3 };

/** Handles the RPCs that create and delete many tasks. They finish at once, as operations that are done. */
export function createBatchHandlers(context: RpcContext, deps: BatchDeps) {
  return {
    BatchCreateTasks: (request: BatchCreateTasksRequest) => createTasks(context, deps, request),
    BatchDeleteTasks: (request: BatchDeleteTasksRequest) => deleteTasks(context, deps, request),
  };
}

function createTasks(context: RpcContext, deps: BatchDeps, request: BatchCreateTasksRequest): OperationReply {
  const queueName = context.access.queue(request.parent, "BatchCreateTasks");
  checkCreates(request, queueName);
  const name = deps.operations.newName(locationOf(queueName), request.requestId);
  const startTime = millisToWire(context.clock.now());
  const tasks: TaskReply[] = [];
  const failedRequests = eachRequest(request.requests, (create) => {
    if (!create.task?.httpRequest && !create.task?.appEngineHttpRequest)
      throw invalidArgument("Payload type must be set.");
    const queue = context.state.queues.get(queueName.name);
    if (!queue) throw queueNotFound();
    tasks.push(createTaskIn(context, queue, create));
  });
  const succeeded = failedRequests.size === 0;
  const state = succeeded ? "succeeded" : tasks.length === 0 ? "failed" : "partlySucceeded";
  const times = { startTime, endTime: millisToWire(context.clock.now()) };
  const metadata = { ...times, state: CREATE_STATES[state], failedRequests: Object.fromEntries(failedRequests) };
  return deps.operations.add({
    name,
    metadata: packed(typeOf(deps, "BatchCreateTasksMetadata"), metadata),
    done: true,
    // A batch that created nothing has no response, as recorded.
    ...(tasks.length === 0 ? {} : { response: packed(typeOf(deps, "BatchCreateTasksResponse"), { tasks }) }),
  });
}

/** Refuses the whole batch for what is wrong with its form. */
function checkCreates({ parent, requests }: BatchCreateTasksRequest, queue: QueueName): void {
  if (requests.length === 0) throw invalidArgument("Request must contain at least one task.");
  if (requests.length > MAX_CREATES) {
    throw invalidArgument(
      `A maximum of ${MAX_CREATES} tasks can be created in a single batch, but got ${requests.length} tasks.`,
    );
  }
  const names = new Set<string>();
  for (const { parent: own, task } of requests) {
    if (own !== parent) {
      throw invalidArgument(
        `All tasks in a batch request must target the same queue. Found task for queue ${own} in batch request for queue ${parent}.`,
      );
    }
    if (!task?.name) continue;
    parseTaskId(task.name, queue);
    if (names.has(task.name)) throw invalidArgument(`Duplicate task name in the batch request: ${task.name}`);
    names.add(task.name);
  }
}

function deleteTasks(context: RpcContext, deps: BatchDeps, request: BatchDeleteTasksRequest): OperationReply {
  const queueName = context.access.queue(request.parent, "BatchDeleteTasks");
  const { names } = request;
  if (names.length === 0) throw invalidArgument("Request contains an invalid argument.");
  if (names.length > MAX_DELETES) {
    throw invalidArgument(
      `A maximum of ${MAX_DELETES} tasks can be handled in a batch, but ${names.length} were requested.`,
    );
  }
  const name = deps.operations.newName(locationOf(queueName), request.requestId);
  const startTime = millisToWire(context.clock.now());
  const deleted = new Set<string>();
  const failedRequests = eachRequest(names, (task) => {
    if (deleted.has(task)) return;
    const taskId = nameInBatch(task, queueName);
    const queue = context.state.queues.get(queueName.name);
    if (!queue) throw entityNotFound();
    deleteTaskIn(context, queue, taskId);
    deleted.add(task);
  });
  const state = failedRequests.size === 0 ? DELETE_STATES.succeeded : DELETE_STATES.partlySucceeded;
  const times = { startTime, endTime: millisToWire(context.clock.now()) };
  const metadata = { ...times, state, failedRequests: Object.fromEntries(failedRequests) };
  return deps.operations.add({
    name,
    metadata: packed(typeOf(deps, "BatchDeleteTasksMetadata"), metadata),
    done: true,
    ...(failedRequests.size === names.length
      ? { error: NOTHING_DELETED }
      : { response: packed(deps.protos().lookupType("google.protobuf.Empty"), {}) }),
  });
}

const NOTHING_DELETED: RequestStatus = {
  code: RpcCode.ABORTED,
  message:
    "None of the requests succeeded, refer to BatchDeleteTasksMetadata.failed_requests for individual error details",
};

/** What is wrong with a name's form is said in other words than for a single task. */
function nameInBatch(name: string, queue: QueueName): string {
  try {
    return parseTaskId(name, queue);
  } catch (error) {
    const { message } = statusOf(error);
    throw /^Task (?:ID|name) /.test(message) ? invalidArgument(`Invalid task name: ${message}`) : error;
  }
}

/** Handles each request, and returns the statuses of those that failed, by their positions. */
function eachRequest<Item>(items: readonly Item[], handle: (item: Item) => void): Map<number, RequestStatus> {
  const failed = new Map<number, RequestStatus>();
  for (const [index, item] of items.entries()) {
    try {
      handle(item);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      failed.set(index, statusOf(error));
    }
  }
  return failed;
}

const typeOf = ({ protos, namespace }: BatchDeps, name: string): protobuf.Type =>
  protos().lookupType(`${namespace}.${name}`);

const locationOf = ({ project, location }: QueueName): string => `projects/${project}/locations/${location}`;
