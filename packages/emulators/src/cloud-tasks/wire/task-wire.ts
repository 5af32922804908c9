import { HTTP_METHODS } from "./http-methods.ts";
import type { QueueName } from "../api/resource-names.ts";
import type { Attempt, HttpTarget, Task } from "../state/task.ts";
import { retryConfigToWire } from "./queue-wire.ts";
import { tokenToWire } from "./token-wire.ts";
import { millisToWire } from "./wire-time.ts";
import type { HttpRequestReply, OneTaskRequest, StoredTaskReply, TaskReply, WireAttempt } from "./wire.ts";

/** How much of a task a reply has. An unknown view has as much as BASIC. */
export type TaskView = "unknown" | "basic" | "full";

/** The numbers of Task.View. A view that isn't known is told as unspecified, as recorded. */
const VIEW_NUMBERS = { unknown: 0, basic: 1, full: 2 } as const;

/** Parses a request's `response_view`, which is BASIC by default. */
export function viewFromWire(view: OneTaskRequest["responseView"]): TaskView {
  const number = Number(view ?? 0);
  if (number === VIEW_NUMBERS.full) return "full";
  return number === 0 || number === VIEW_NUMBERS.basic ? "basic" : "unknown";
}

/** A task as a reply has it. BASIC leaves out the body and nothing else. */
export function taskToWire(task: Task, queue: QueueName, view: TaskView): TaskReply {
  const reply: Writable<TaskReply> = { ...storedTask(task, queue, view), view: VIEW_NUMBERS[view] };
  if (task.dispatchCount > 0) reply.dispatchCount = task.dispatchCount;
  if (task.responseCount > 0) reply.responseCount = task.responseCount;
  if (task.firstDispatchMs !== undefined) reply.firstAttempt = { dispatchTime: millisToWire(task.firstDispatchMs) };
  if (task.lastAttempt) reply.lastAttempt = attemptToWire(task.lastAttempt);
  return reply;
}

/** The part of a task that counts towards its size: what was given, with defaults, but no view and no attempts. */
export function storedTask(task: Task, queue: QueueName, view: TaskView): StoredTaskReply {
  const reply: Writable<StoredTaskReply> = {
    name: `${queue.name}/tasks/${task.id}`,
    httpRequest: requestToWire(task, view),
    scheduleTime: millisToWire(task.dueMs),
    createTime: millisToWire(Math.floor(task.createdMs / 1000) * 1000),
    dispatchDeadline: millisToWire(task.dispatchDeadlineMs),
  };
  if (task.retry) reply.retryConfig = retryConfigToWire(task.retry);
  return reply;
}

type Writable<Reply> = { -readonly [Key in keyof Reply]: Reply[Key] };

function attemptToWire(attempt: Attempt): WireAttempt {
  return {
    scheduleTime: millisToWire(attempt.scheduledMs),
    dispatchTime: millisToWire(attempt.dispatchedMs),
    ...(attempt.respondedMs === undefined ? {} : { responseTime: millisToWire(attempt.respondedMs) }),
    ...(attempt.status ? { responseStatus: attempt.status } : {}),
  };
}

/** Many tasks share a target, so the part of a reply that is the same for them is made once. */
const known = new WeakMap<HttpTarget, HttpRequestReply>();

function requestToWire({ target, body }: Task, view: TaskView): HttpRequestReply {
  const shared = known.get(target) ?? targetToWire(target);
  known.set(target, shared);
  return view === "full" && body.length > 0 ? { ...shared, body } : shared;
}

function targetToWire(target: HttpTarget): HttpRequestReply {
  return {
    url: target.url,
    httpMethod: HTTP_METHODS.lastIndexOf(target.method),
    headers: Object.fromEntries(target.headers),
    ...tokenToWire(target.token),
  };
}
