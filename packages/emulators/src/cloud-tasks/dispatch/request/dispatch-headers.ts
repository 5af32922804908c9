import type { HttpTarget, Task } from "../../state/task.ts";
import { epochSecondsText } from "../../wire/wire-time.ts";

type Header = readonly [name: string, value: string];

export const USER_AGENT = "Google-Cloud-Tasks";

/**
 * The headers of a delivery: the task's own, without those that Cloud Tasks reserves, then Cloud Tasks' headers in the
 * case that was recorded (https://cloud.google.com/tasks/docs/creating-http-target-tasks#handler).
 *
 * The names of queues and tasks are ids. TaskRetryReason is sent on retries, and empty, as recorded.
 */
export function dispatchHeaders(
  task: Pick<Task, "id" | "dueMs" | "failures" | "responseCount" | "previousStatus" | "target">,
  delivery: { queueId: string; authorization?: string },
): Header[] {
  const own = ownHeaders(task.target);
  const headers: Header[] =
    delivery.authorization === undefined ? [...own] : own.filter(([name]) => name.toLowerCase() !== "authorization");
  headers.push(
    ["User-Agent", USER_AGENT],
    ["X-CloudTasks-QueueName", delivery.queueId],
    ["X-CloudTasks-TaskName", task.id],
    ["X-CloudTasks-TaskETA", epochSecondsText(task.dueMs)],
    ["X-CloudTasks-TaskRetryCount", String(task.failures)],
    ["X-CloudTasks-TaskExecutionCount", String(task.responseCount)],
  );
  if (task.previousStatus !== undefined) {
    headers.push(["X-CloudTasks-TaskPreviousResponse", String(task.previousStatus)]);
    headers.push(["X-CloudTasks-TaskRetryReason", ""]);
  }
  if (delivery.authorization !== undefined) headers.push(["Authorization", delivery.authorization]);
  return headers;
}

/** Many tasks share a target, so its headers are looked at once. */
const known = new WeakMap<HttpTarget, readonly Header[]>();

/** A target's headers without those that are reserved. */
function ownHeaders(target: HttpTarget): readonly Header[] {
  const before = known.get(target);
  if (before) return before;
  const headers = target.headers.filter(([name]) => !isReserved(name));
  known.set(target, headers);
  return headers;
}

/** Computed from the request, or about the connection. */
const COMPUTED = new Set([
  "host",
  "content-length",
  "user-agent",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

const RESERVED_PREFIX = /^x-(?:google|appengine|cloudtasks)-/i;

function isReserved(name: string): boolean {
  return COMPUTED.has(name.toLowerCase()) || RESERVED_PREFIX.test(name) || !TOKEN.test(name);
}

/** What a header's name can be (RFC 9110, section 5.6.2). Cloud Tasks also stores names such as `X/Y`. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
