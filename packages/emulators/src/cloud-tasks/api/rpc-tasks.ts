import type protobuf from "protobufjs/light.js";
import { pooledRandomBytes } from "../../kernel/random-bytes.ts";
import type { NamingRpc } from "./access.ts";
import { type NewTask, parseNewTask } from "./new-task.ts";
import { pageOf } from "./paging.ts";
import type { Queue } from "../state/queue.ts";
import { type RpcContext, requireQueue } from "./rpc-context.ts";
import {
  entityNotFound,
  invalidArgument,
  queueNotFound,
  taskExists,
  taskGone,
  taskNameTaken,
} from "./service-errors.ts";
import type { Task } from "../state/task.ts";
import { tasksAfter } from "../state/task-cursor.ts";
import { storedTask, taskToWire, viewFromWire } from "../wire/task-wire.ts";
import type {
  CreateTaskRequest,
  DeleteTaskRequest,
  ListTasksRequest,
  OneTaskRequest,
  TaskReply,
} from "../wire/wire.ts";

/** The largest task in its stored form, measured at the service: 7 bytes less than 1 MiB. */
const MAX_TASK_BYTES = 1_048_569;

/** A character takes at most so many bytes of UTF-8, each of a surrogate pair fewer. */
const MAX_BYTES_PER_CHARACTER = 3;
/** More than the tags and lengths of a header take. */
const MAX_BYTES_PER_HEADER = 16;
/** More than the times, the retry settings and all other tags and lengths of a task take. */
const MAX_OTHER_BYTES = 1024;

/** https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#listtasksrequest */
const MAX_TASKS_PER_PAGE = 1000;

/** A page of full tasks ends early once its bodies reach this size, which the API allows. */
const MAX_BODY_BYTES_PER_PAGE = 4 * 1024 * 1024;

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
  const queue = requireQueue(context, request.parent, "CreateTask");
  return createTaskIn(context, queue, request);
}

/**
 * Creates a task in a queue.
 *
 * @throws RpcError as CreateTask does.
 */
export function createTaskIn(
  context: RpcContext,
  queue: Queue,
  request: Pick<CreateTaskRequest, "task" | "responseView">,
): TaskReply {
  const nowMs = context.clock.now();
  const { httpsForTokens } = context;
  const queueToken = queue.settings.config.httpTarget?.token;
  const at = { queue: queue.name, nowMs, httpsForTokens, ...(queueToken ? { queueToken } : {}) };
  const wanted = parseNewTask(request.task ?? {}, at);
  if (wanted.id !== undefined) refuseTakenName(context, queue, wanted.id);

  const task = makeTask(context, queue, wanted);
  if (!isClearlySmall(queue, task)) refuseTooLarge(context.taskType, queue, task);
  context.state.commit({ kind: "task-created", queue: queue.name.name, task });
  const reply = taskToWire(task, queue.name, viewFromWire(request.responseView));
  // After the reply is built: the delivery of a task that is due may begin within this call.
  context.scheduler.taskCreated(queue, task);
  return reply;
}

function getTask(context: RpcContext, request: OneTaskRequest): TaskReply {
  const { queue, taskId } = namedTask(context, request.name, "GetTask");
  const task = queue?.tasks.get(taskId);
  if (queue && task) return taskToWire(task, queue.name, viewFromWire(request.responseView));
  if (queue && context.state.isTaskNameTaken(queue, taskId, context.clock.now())) throw taskGone();
  throw entityNotFound();
}

function listTasks(context: RpcContext, request: ListTasksRequest) {
  const queue = requireQueue(context, request.parent, "ListTasks");
  // A list treats an unknown view as BASIC, as recorded.
  const view = viewFromWire(request.responseView) === "full" ? "full" : "basic";
  const page = pageOf(
    {
      items: (after) => tasksAfter(queue, after === undefined ? undefined : Number(after)),
      keyOf: (task: Task) => task.order,
      mostItems: MAX_TASKS_PER_PAGE,
      weigh: (task) => (view === "full" ? task.body.length : 0),
      mostWeight: MAX_BODY_BYTES_PER_PAGE,
    },
    {
      kind: "ListTasksRequest",
      pageSize: request.pageSize,
      pageToken: request.pageToken,
      query: request.parent,
      nowMs: context.clock.now(),
    },
  );
  return {
    tasks: page.items.map((task) => taskToWire(task, queue.name, view)),
    nextPageToken: page.nextPageToken,
  };
}

function deleteTask(context: RpcContext, request: DeleteTaskRequest): object {
  const { queue, taskId } = namedTask(context, request.name, "DeleteTask");
  if (!queue) throw entityNotFound();
  deleteTaskIn(context, queue, taskId);
  return {};
}

/**
 * Deletes a task of a queue.
 *
 * @throws RpcError NOT_FOUND when the queue doesn't have it, whatever the reason.
 */
export function deleteTaskIn(context: RpcContext, queue: Queue, taskId: string): void {
  const task = queue.tasks.get(taskId);
  if (!task) throw entityNotFound();
  const atMs = context.clock.now();
  context.state.commit({ kind: "task-gone", queue: queue.name.name, taskId, atMs });
  context.scheduler.tasksDeleted(queue, [task]);
}

/** The reply shows the task as it was, and that a delivery is about to begin. */
function runTask(context: RpcContext, request: OneTaskRequest): TaskReply {
  const { queue, taskId } = namedTask(context, request.name, "RunTask");
  if (!queue) throw queueNotFound();
  const task = queue.tasks.get(taskId);
  if (!task) throw entityNotFound();
  const before = taskToWire(task, queue.name, viewFromWire(request.responseView));
  const reply = {
    ...before,
    dispatchCount: task.dispatchCount + 1,
    lastAttempt: { scheduleTime: before.scheduleTime ?? null },
  };
  context.scheduler.runNow(queue, task);
  return reply;
}

/** The queue of a task that is named in a request, if it exists. */
function namedTask(context: RpcContext, name: string, rpc: NamingRpc): { queue: Queue | undefined; taskId: string } {
  const { queue: queueName, taskId } = context.access.task(name, rpc);
  const queue = context.state.queues.get(queueName.name);
  if (queue) context.scheduler.expireOld(queue);
  return { queue, taskId };
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
    ...(wanted.retry ? { retry: wanted.retry } : {}),
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

/**
 * Whether a task is so far below the limit that it needn't be encoded to measure it, which is a twentieth of the work of
 * creating one.
 */
function isClearlySmall(queue: Queue, { id, target, body }: Task): boolean {
  let characters = queue.name.name.length + id.length + target.url.length;
  for (const text of Object.values(target.token ?? {})) characters += text.length;
  for (const [name, value] of target.headers) characters += name.length + value.length;
  const headerBytes = target.headers.length * MAX_BYTES_PER_HEADER;
  const textBytes = characters * MAX_BYTES_PER_CHARACTER;
  return body.length + textBytes + headerBytes + MAX_OTHER_BYTES <= MAX_TASK_BYTES;
}

function refuseTooLarge(taskType: protobuf.Type, queue: Queue, task: Task): void {
  const bytes = taskType.encode(storedTask(task, queue.name, "full")).finish().length;
  if (bytes > MAX_TASK_BYTES) throw invalidArgument("Task size too large");
}
