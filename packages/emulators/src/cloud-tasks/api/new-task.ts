import { parseHttpRequest } from "../wire/http-request.ts";
import { type QueueName, isTaskId, parseTaskName } from "./resource-names.ts";
import {
  appEngineTarget,
  invalidArgument,
  invalidTaskId,
  malformedTaskName,
  taskOutsideQueue,
} from "./service-errors.ts";
import type { HttpTarget } from "../state/task.ts";
import { millisFromWire } from "../wire/wire-time.ts";
import type { WireTask } from "../wire/wire.ts";

/** The task that a CreateTask request describes. */
export interface NewTask {
  /** Absent when the service is to choose one. */
  readonly id?: string;
  readonly target: HttpTarget;
  readonly body: Uint8Array;
  readonly dueMs: number;
  readonly dispatchDeadlineMs: number;
}

const DEFAULT_DEADLINE_MS = 600_000;
const LEAST_DEADLINE_MS = 15_000;
const MOST_DEADLINE_MS = 1_800_000;
const FURTHEST_SCHEDULE_MS = 720 * 3_600_000;

/**
 * Parses the task of a CreateTask request.
 *
 * @param at.queue the request's parent.
 * @throws RpcError INVALID_ARGUMENT in the service's words; UNIMPLEMENTED for App Engine targets.
 */
export function parseNewTask(
  task: WireTask,
  at: { queue: QueueName; nowMs: number; httpsForTokens: boolean },
): NewTask {
  const id = task.name ? parseId(task.name, at.queue) : undefined;
  if (task.appEngineHttpRequest) throw appEngineTarget();
  if (!task.httpRequest) throw invalidArgument("Task.payload_type is not set.");
  return {
    ...(id === undefined ? {} : { id }),
    ...parseHttpRequest(task.httpRequest, at),
    dispatchDeadlineMs: parseDeadline(task.dispatchDeadline),
    dueMs: parseSchedule(task.scheduleTime, at.nowMs),
  };
}

function parseId(name: string, queue: QueueName): string {
  const parsed = parseTaskName(name);
  if (!parsed) throw malformedTaskName();
  if (parsed.queue.name !== queue.name) throw taskOutsideQueue({ parent: queue.name, queue: parsed.queue.name });
  if (!isTaskId(parsed.taskId)) throw invalidTaskId(parsed.taskId);
  return parsed.taskId;
}

function parseDeadline(wire: WireTask["dispatchDeadline"]): number {
  if (!wire) return DEFAULT_DEADLINE_MS;
  const deadlineMs = Math.trunc(millisFromWire(wire));
  if (deadlineMs < LEAST_DEADLINE_MS || deadlineMs > MOST_DEADLINE_MS) {
    throw invalidArgument("Task.dispatchDeadline must be between [15s, 30m].");
  }
  return deadlineMs;
}

/** A time in the past means now. */
function parseSchedule(wire: WireTask["scheduleTime"], nowMs: number): number {
  const scheduledMs = wire ? millisFromWire(wire) : nowMs;
  if (scheduledMs > nowMs + FURTHEST_SCHEDULE_MS) {
    throw invalidArgument(
      `The Task.scheduleTime, ${pacificTime(scheduledMs)}, is too far in the future. Schedule time must be no more than 720h in the future.`,
    );
  }
  return Math.max(scheduledMs, nowMs);
}

/** The service's errors have times as in California, for example 2099-12-31T16:00:00-08:00. */
function pacificTime(millis: number): string {
  const format = new Intl.DateTimeFormat("en-US", PACIFIC_PARTS);
  const parts = new Map(format.formatToParts(millis).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const date = `${part("year").padStart(4, "0")}-${part("month")}-${part("day")}`;
  return `${date}T${part("hour")}:${part("minute")}:${part("second")}${part("timeZoneName").replace("GMT", "")}`;
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
