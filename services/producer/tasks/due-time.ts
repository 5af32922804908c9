import { z } from "zod";
import type { RequestProblem } from "../../../shared/http/problem.ts";

const HOUR_MS = 60 * 60_000;

/** Cloud Tasks schedules at most 720 hours ahead (https://cloud.google.com/tasks/docs/quotas). */
const LONGEST_DELAY_MS = 720 * HOUR_MS;
/** How far in the past a schedule time may be, for callers whose clocks are slow and requests that took a while. */
const SCHEDULE_TOLERANCE_MS = 60_000;

/** The two ways in which a request says when its task is due; they exclude each other. */
export const scheduleFields = {
  delaySeconds: z
    .number()
    .min(0)
    .max(LONGEST_DELAY_MS / 1_000)
    .optional()
    .describe("Seconds until the task is delivered. Excludes scheduleTime. Default: at once."),
  scheduleTime: z.iso
    .datetime({ offset: true, error: "must be an RFC 3339 time with a zone, for example 2030-01-31T08:00:00Z" })
    .optional()
    .describe("When the task is delivered first, at most 720 hours ahead. Excludes delaySeconds."),
};

export interface RequestedSchedule {
  readonly delaySeconds?: number | undefined;
  readonly scheduleTime?: string | undefined;
}

/** When a task is due, in milliseconds since the epoch; none if that is at once. */
export function dueAtMs(schedule: RequestedSchedule, nowMs: number): number | undefined {
  const { delaySeconds, scheduleTime } = schedule;
  const dueMs = scheduleTime === undefined ? nowMs + (delaySeconds ?? 0) * 1_000 : Date.parse(scheduleTime);
  return dueMs > nowMs ? dueMs : undefined;
}

/** What is wrong with a schedule besides the form of its fields. `nowMs` is in milliseconds since the epoch. */
export function scheduleProblems(schedule: RequestedSchedule, nowMs: number): RequestProblem[] {
  const { delaySeconds, scheduleTime } = schedule;
  if (scheduleTime === undefined) return [];
  const problems: RequestProblem[] = [];
  if (delaySeconds !== undefined) {
    problems.push({ path: "delaySeconds", message: "excludes scheduleTime: send one of the two" });
  }
  const aheadMs = Date.parse(scheduleTime) - nowMs;
  if (aheadMs < -SCHEDULE_TOLERANCE_MS) {
    problems.push({ path: "scheduleTime", message: "is in the past: send a later time, or leave it out for at once" });
  }
  if (aheadMs > LONGEST_DELAY_MS) {
    problems.push({ path: "scheduleTime", message: "must be at most 720 hours ahead" });
  }
  return problems;
}
