import * as z from "zod";
import type { RequestProblem } from "../../http/problem.ts";
import { MAX_DELAY_MS } from "../backoff.ts";

/** `MAX_DELAY_MS` in words. Formatting the number would load part of Node that adds 20 ms to a service's start. */
const FURTHEST = "at most 3,652 days (ten years) ahead";
/** How far in the past a schedule time may be, to allow for slow clocks and slow requests. */
const PAST_TOLERANCE_MS = 60_000;

/** The two ways to say in a request when its task is due. They exclude each other. */
export const dueTimeFields = {
  delaySeconds: z
    .number()
    .min(0)
    .max(MAX_DELAY_MS / 1_000)
    .optional()
    .describe("Seconds until the task is delivered. Excludes scheduleTime. Default: at once."),
  scheduleTime: z.iso
    .datetime({ offset: true, error: "must be an RFC 3339 time with a zone, for example 2030-01-31T08:00:00Z" })
    .optional()
    .describe(`When the task is first delivered, ${FURTHEST} and at most a minute in the past. Excludes delaySeconds.`),
};

/** The same rule in JSON Schema. */
export const EXCLUSIVE_DUE_TIMES = { not: { required: ["delaySeconds", "scheduleTime"] } };

export interface RequestedDueTime {
  readonly delaySeconds?: number | undefined;
  readonly scheduleTime?: string | undefined;
}

/** When a task is due, in milliseconds since the epoch; undefined if at once. */
export function dueAtMsOf(requested: RequestedDueTime, nowMs: number): number | undefined {
  const { delaySeconds, scheduleTime } = requested;
  const dueAtMs = scheduleTime === undefined ? nowMs + (delaySeconds ?? 0) * 1_000 : Date.parse(scheduleTime);
  return dueAtMs > nowMs ? dueAtMs : undefined;
}

/** What is wrong with a due time whose fields are well-formed. `nowMs` is in milliseconds since the epoch. */
export function dueTimeProblems(requested: RequestedDueTime, nowMs: number): RequestProblem[] {
  const { delaySeconds, scheduleTime } = requested;
  if (scheduleTime === undefined) return [];
  const problems: RequestProblem[] = [];
  if (delaySeconds !== undefined) {
    problems.push({ path: "delaySeconds", message: "can't be combined with scheduleTime: send one of the two" });
  }
  const aheadMs = Date.parse(scheduleTime) - nowMs;
  if (aheadMs < -PAST_TOLERANCE_MS) {
    problems.push({ path: "scheduleTime", message: "is in the past: send a later time, or none to run at once" });
  }
  if (aheadMs > MAX_DELAY_MS) {
    problems.push({ path: "scheduleTime", message: `must be ${FURTHEST}` });
  }
  return problems;
}
