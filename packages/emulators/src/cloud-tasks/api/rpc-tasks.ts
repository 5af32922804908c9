import type protobuf from "protobufjs/light.js";
import { pooledRandomBytes } from "../../kernel/random-bytes.ts";
import type { QueuedTask } from "../dispatch/attempt-outcome.ts";
import { type NewTask, parseNewTask } from "./new-task.ts";
import { pageOf } from "./paging.ts";
import type { Queue } from "../state/queue.ts";
import { parseTaskName } from "./resource-names.ts";
import { type RpcContext, requireQueue } from "./rpc-context.ts";
import {
  entityNotFound,
  invalidArgument,
  malformedResource,
  taskExists,
  taskGone,
  taskNameTaken,
} from "./service-errors.ts";
import type { Task } from "../state/task.ts";
import { storedTask, taskToWire, viewFromWire } from "../wire/task-wire.ts";
import type {
  CreateTaskRequest,
  DeleteTaskRequest,
  ListTasksRequest,
  OneTaskRequest,
  TaskReply,
} from "../wire/wire.ts";

/** The largest task in its stored form, measured at the service: 7 bytes less than 1 MiB. */
const MOST_TASK_BYTES = 1_048_569;

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#listtasksrequest */
const MOST_TASKS_A_PAGE = 1000;

/** A page of full tasks ends early once its bodies reach this size, which the API allows. */
const MOST_BODY_BYTES_A_PAGE = 4 * 1024 * 1024;

/** Handles the RPCs on tasks. */
export function createTaskHandlers(context: RpcContext) {
  return {
    CreateTask: (request: CreateTaskRequest) => createTask(context, request),
    GetTask: (request: OneTaskRequest) => getTask(context, request),
    ListTasks: (request: ListTasksRequest) => listTasks(context, request),
    DeleteTask: (request: DeleteTaskRequest) => deleteTask(context, request),
    RunTask: (request: OneTaskRequest) => runTask(context, request),
  };
}

function createTask(context: RpcContext, request: CreateTaskRequest): TaskReply {
  const queue = requireQueue(context, request.parent);
  const nowMs = context.clock.now();
  const { httpsForTokens } = context;
  const wanted = parseNewTask(request.task ?? {}, { queue: queue.name, nowMs, httpsForTokens });
  if (wanted.id !== undefined) refuseTakenName(context, queue, wanted.id);

  const task = makeTask(context, queue, wanted);
  refuseTooLarge(context.taskType, queue, task);
  context.state.commit({ kind: "task-created", queue: queue.name.name, task });
  const reply = taskToWire(task, queue.name, viewFromWire(request.responseView));
  // After the reply is built: the delivery of a task that is due may begin within this call.
  context.scheduler.taskCreated(queue, task);
  return reply;
}

function getTask(context: RpcContext, request: OneTaskRequest): TaskReply {
  const { queue, task } = requireTask(context, request.name);
  return taskToWire(task, queue.name, viewFromWire(request.responseView));
}

function listTasks(context: RpcContext, request: ListTasksRequest) {
  const queue = requireQueue(context, request.parent);
  const view = viewFromWire(request.responseView);
  const page = pageOf(
    {
      items: queue.tasks.values(),
      keyOf: (task: Task) => task.order,
      mostItems: MOST_TASKS_A_PAGE,
      weigh: (task) => (view === "full" ? task.body.length : 0),
      mostWeight: MOST_BODY_BYTES_A_PAGE,
    },
    { pageSize: request.pageSize, pageToken: request.pageToken, query: request.parent, nowMs: context.clock.now() },
  );
  return {
    tasks: page.items.map((task) => taskToWire(task, queue.name, view)),
    nextPageToken: page.nextPageToken,
  };
}

function deleteTask(context: RpcContext, request: DeleteTaskRequest): object {
  const { queue, task } = requireTask(context, request.name);
  const atMs = context.clock.now();
  context.state.commit({ kind: "task-gone", queue: queue.name.name, taskId: task.id, atMs });
  context.scheduler.tasksDeleted(queue, [task]);
  return {};
}

/** As recorded, the reply counts the dispatch but has no times of it. */
function runTask(context: RpcContext, request: OneTaskRequest): TaskReply {
  const { queue, task } = requireTask(context, request.name);
  const reply = taskToWire(
    { ...task, dispatchCount: task.dispatchCount + 1, lastAttempt: { scheduledMs: task.dueMs } },
    queue.name,
    viewFromWire(request.responseView),
  );
  context.scheduler.runNow(queue, task);
  return reply;
}

function requireTask(context: RpcContext, name: string): QueuedTask {
  const parsed = parseTaskName(name);
  if (!parsed) throw malformedResource();
  const queue = requireQueue(context, parsed.queue.name);
  const task = queue.tasks.get(parsed.taskId);
  if (task) return { queue, task };
  if (context.state.isTaskNameTaken(queue, parsed.taskId, context.clock.now())) throw taskGone();
  throw entityNotFound();
}

function refuseTakenName({ state, clock }: RpcContext, queue: Queue, id: string): void {
  if (queue.tasks.has(id)) throw taskExists();
  if (state.isTaskNameTaken(queue, id, clock.now())) throw taskNameTaken();
}

function makeTask({ state, clock }: RpcContext, queue: Queue, wanted: NewTask): Task {
  return {
    id: wanted.id ?? freeId(queue),
    order: state.nextOrder(),
    createdMs: clock.now(),
    target: wanted.target,
    body: wanted.body,
    dispatchDeadlineMs: wanted.dispatchDeadlineMs,
    dueMs: wanted.dueMs,
    dispatchCount: 0,
    responseCount: 0,
    failures: 0,
    heapIndex: -1,
    running: 0,
  };
}

/** An unsigned 64-bit number in decimal, like the service's ids. */
function freeId(queue: Queue): string {
  const id = pooledRandomBytes(8).readBigUInt64BE().toString();
  return queue.tasks.has(id) || queue.gone.has(id) ? freeId(queue) : id;
}

function refuseTooLarge(taskType: protobuf.Type, queue: Queue, task: Task): void {
  const bytes = taskType.encode(storedTask(task, queue.name, "full")).finish().length;
  if (bytes > MOST_TASK_BYTES) throw invalidArgument("Task size too large");
}
