import { parseHttpRequest } from "../wire/http-request.ts";
import { type QueueName, isTaskId, parseTaskName } from "./resource-names.ts";
import { invalidArgument, invalidTaskId, malformedTaskName, taskOutsideQueue, unsupported } from "./service-errors.ts";
import type { RetryConfig } from "../dispatch/retry-delay.ts";
import type { HttpTarget, TokenRequest } from "../state/task.ts";
import { parseRetryConfig } from "../wire/queue-config.ts";
import { millisFromWire } from "../wire/wire-time.ts";
import type { WireTask, WireTimestamp } from "../wire/wire.ts";

/** The task that a CreateTask request describes. */
export interface NewTask {
  /** Absent when the service is to choose one. */
  readonly id?: string;
  readonly target: HttpTarget;
  readonly body: Uint8Array;
  readonly dueMs: number;
  readonly dispatchDeadlineMs: number;
  /** Absent when the queue's settings apply. */
  readonly retry?: RetryConfig;
}

const DEFAULT_DEADLINE_MS = 600_000;
const MIN_DEADLINE_MS = 15_000;
const MAX_DEADLINE_MS = 1_800_000;
const MAX_SCHEDULE_AHEAD_MS = 720 * 3_600_000;
/** 9999-12-31T23:59:59Z, the last time of a Timestamp. */
const LAST_SECOND = 253_402_300_799;

/**
 * Parses the task of a CreateTask request.
 *
 * @param at.queue the request's parent.
 * @param at.queueToken the token of the queue's target, which replaces the task's own.
 * @throws RpcError INVALID_ARGUMENT in the service's words; UNIMPLEMENTED for App Engine targets.
 */
export function parseNewTask(
  task: WireTask,
  at: { queue: QueueName; nowMs: number; httpsForTokens: boolean; queueToken?: TokenRequest },
): NewTask {
  const id = task.name ? parseTaskId(task.name, at.queue) : undefined;
  if (task.appEngineHttpRequest) throw unsupported("Task.app_engine_http_request");
  if (!task.httpRequest) throw invalidArgument("Task.payload_type is not set.");
  return {
    ...(id === undefined ? {} : { id }),
    ...parseHttpRequest(task.httpRequest, at),
    ...(task.retryConfig ? { retry: parseRetryConfig(task.retryConfig) } : {}),
    dispatchDeadlineMs: parseDeadline(task.dispatchDeadline),
    dueMs: parseSchedule(task.scheduleTime, at.nowMs),
  };
}

/**
 * The id of a task by its name in a request for its queue.
 *
 * @throws RpcError INVALID_ARGUMENT when it is not the name of a task in that queue.
 */
export function parseTaskId(name: string, queue: QueueName): string {
  const parsed = parseTaskName(name);
  if (!parsed) throw malformedTaskName();
  if (!isTaskId(parsed.taskId)) throw invalidTaskId(parsed.taskId);
  if (parsed.queue.name !== queue.name) throw taskOutsideQueue({ parent: queue.name, queue: parsed.queue.name });
  return parsed.taskId;
}

function parseDeadline(wire: WireTask["dispatchDeadline"]): number {
  if (!wire) return DEFAULT_DEADLINE_MS;
  const deadlineMs = Math.trunc(millisFromWire(wire));
  if (deadlineMs < MIN_DEADLINE_MS || deadlineMs > MAX_DEADLINE_MS) {
    throw invalidArgument("Task.dispatchDeadline must be between [15s, 30m].");
  }
  return deadlineMs;
}

/** A time in the past means now. */
function parseSchedule(wire: WireTask["scheduleTime"], nowMs: number): number {
  if (Number(wire?.seconds ?? 0) > LAST_SECOND) throw invalidArgument("Request contains an invalid argument.");
  const scheduledMs = wire ? millisFromWire(wire) : nowMs;
  if (wire && scheduledMs > nowMs + MAX_SCHEDULE_AHEAD_MS) {
    throw invalidArgument(
      `The Task.scheduleTime, ${pacificTime(wire)}, is too far in the future. Schedule time must be no more than 720h in the future.`,
    );
  }
  return Math.max(scheduledMs, nowMs);
}

/** The service's errors have times as in California, for example 2099-12-31T16:00:00.5-08:00. */
export function pacificTime({ seconds, nanos }: WireTimestamp): string {
  const format = new Intl.DateTimeFormat("en-US", PACIFIC_PARTS);
  const parts = new Map(format.formatToParts(Number(seconds) * 1000).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const date = `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
  const fraction = nanos ? `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}` : "";
  const zone = part("timeZoneName").replace("GMT", "");
  return `${date}T${part("hour")}:${part("minute")}:${part("second")}${fraction}${zone}`;
}

const PACIFIC_PARTS: Intl.DateTimeFormatOptions = {
  timeZone: "America/Los_Angeles",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "longOffset",
};
