import { HTTP_METHODS } from "./http-request.ts";
import type { QueueName } from "../api/resource-names.ts";
import type { Attempt, Task, TokenRequest } from "../state/task.ts";
import { millisToWire } from "./wire-time.ts";
import type {
  HttpRequestReply,
  OneTaskRequest,
  StoredTaskReply,
  TaskReply,
  WireAttempt,
  WireHttpRequest,
  WireTask,
} from "./wire.ts";

/** How much of a task a reply has. */
export type TaskView = "basic" | "full";

/** The numbers of Task.View. */
const VIEW_NUMBERS = { basic: 1, full: 2 } as const;

/** Parses a request's `response_view`: anything but FULL is BASIC. */
export function viewFromWire(view: OneTaskRequest["responseView"]): TaskView {
  return Number(view) === VIEW_NUMBERS.full ? "full" : "basic";
}

/** A task as a reply has it. BASIC leaves out the body and nothing else. */
export function taskToWire(task: Task, queue: QueueName, view: TaskView): TaskReply {
  return { ...storedTask(task, queue, view), ...attemptsToWire(task), view: VIEW_NUMBERS[view] };
}

/** The part of a task that counts towards its size: what was given, with defaults, but no view and no attempts. */
export function storedTask(task: Task, queue: QueueName, view: TaskView): StoredTaskReply {
  return {
    name: `${queue.name}/tasks/${task.id}`,
    httpRequest: requestToWire(task, view),
    scheduleTime: millisToWire(task.dueMs),
    createTime: millisToWire(Math.floor(task.createdMs / 1000) * 1000),
    dispatchDeadline: millisToWire(task.dispatchDeadlineMs),
  };
}

function attemptsToWire(task: Task): Omit<WireTask, "view" | "httpRequest"> {
  return {
    ...(task.dispatchCount > 0 ? { dispatchCount: task.dispatchCount } : {}),
    ...(task.responseCount > 0 ? { responseCount: task.responseCount } : {}),
    ...(task.firstDispatchMs === undefined
      ? {}
      : { firstAttempt: { dispatchTime: millisToWire(task.firstDispatchMs) } }),
    ...(task.lastAttempt ? { lastAttempt: attemptToWire(task.lastAttempt) } : {}),
  };
}

function attemptToWire(attempt: Attempt): WireAttempt {
  return {
    scheduleTime: millisToWire(attempt.scheduledMs),
    ...(attempt.dispatchedMs === undefined ? {} : { dispatchTime: millisToWire(attempt.dispatchedMs) }),
    ...(attempt.respondedMs === undefined ? {} : { responseTime: millisToWire(attempt.respondedMs) }),
    ...(attempt.status ? { responseStatus: attempt.status } : {}),
  };
}

function requestToWire({ target, body }: Task, view: TaskView): HttpRequestReply {
  return {
    url: target.url,
    httpMethod: HTTP_METHODS.lastIndexOf(target.method),
    headers: Object.fromEntries(target.headers),
    ...(view === "full" && body.length > 0 ? { body } : {}),
    ...tokenToWire(target.token),
  };
}

function tokenToWire(token: TokenRequest | undefined): Pick<WireHttpRequest, "oidcToken" | "oauthToken"> {
  if (!token) return {};
  if (token.kind === "oidc") {
    return {
      oidcToken: { serviceAccountEmail: token.email, ...(token.audience ? { audience: token.audience } : {}) },
    };
  }
  return { oauthToken: { serviceAccountEmail: token.email, ...(token.scope ? { scope: token.scope } : {}) } };
}
