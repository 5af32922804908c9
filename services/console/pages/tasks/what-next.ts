import type { Queue } from "../../../../packages/client/src/views/queue.ts";
import type { TaskTypeInfo } from "../../../../packages/client/src/views/service.ts";
import type { Task } from "../../../../packages/client/src/views/task.ts";
import { describeEnd } from "../../parts/attempts/ends.ts";
import { type Backoff, describeRule } from "../../parts/attempts/rules.ts";
import { describeDuration } from "../../parts/distance.ts";
import { formatCount, formatRate } from "../../parts/numbers.ts";

/** What happens to a task next, and why. */
export interface WhatNext {
  /** The start of a sentence. If `at` is set, the time follows, then `why` after a colon. */
  readonly lead: string;
  readonly at?: string;
  readonly why?: string;
  /** Whole sentences that follow. */
  readonly more: readonly string[];
}

/** What is known besides the task. */
export interface Surroundings {
  readonly nowMs: number;
  readonly type?:
    | (Pick<TaskTypeInfo, "attempts" | "timeoutMs"> & { readonly backoff?: Backoff | undefined })
    | undefined;
  readonly queue?: Pick<Queue, "key" | "state" | "depth" | "effectiveRate" | "configuredRate"> | undefined;
}

/** Says what happens to a task next, and why. */
export function whatNext(task: Task, on: Surroundings): WhatNext {
  switch (task.state) {
    case "queued":
    case "scheduled":
    case "waiting":
      return nextAttempt(task, on);
    case "running":
      return { lead: describeRunning(task, on), more: describeCancel(task) };
    case "dead":
      return { lead: describeDeath(task, on), more: [describeEnd("dead").meaning] };
    case "succeeded":
    case "cancelled":
    case "finished":
    case "removed":
      return { lead: describeEnd(task.state).meaning, more: [] };
  }
}

/** A task that is overdue by less than this, in milliseconds, is about to be delivered. */
const LATE_MS = 2_000;

function nextAttempt(task: Task, on: Surroundings): WhatNext {
  const { state, nextAttempt: at, nextRule, attempts = 0 } = task;
  const hasFailed = state === "waiting";
  const last = isLast(attempts, on) ? ["It is the last one: if it fails, the task becomes a dead letter."] : [];
  if (at === undefined) return { lead: "When the next attempt is due isn't known just now.", more: last };
  const sinceMs = on.nowMs - Date.parse(at);
  const isLate = sinceMs > LATE_MS;
  const which = attempts === 0 ? "first" : "next";
  const due = { lead: `The ${which} attempt ${isLate ? "was" : "is"} due`, at };
  return {
    ...(sinceMs >= 0 && !isLate ? { lead: `The ${which} attempt is due now` } : due),
    why: describeRule(nextRule, { hasFailed, backoff: on.type?.backoff }),
    more: [...last, ...describeQueue(on, isLate)],
  };
}

function isLast(attempts: number, { type }: Surroundings): boolean {
  return type !== undefined && attempts === type.attempts - 1;
}

function describeQueue({ queue }: Surroundings, isLate: boolean): string[] {
  if (!queue) return [];
  const { key, state, depth, effectiveRate, configuredRate } = queue;
  if (state === "paused") return [`The queue ${key} is paused: it delivers nothing until somebody resumes it.`];
  if (state === "disabled") return [`The queue ${key} is disabled in Cloud Tasks: it delivers nothing.`];
  if (!isLate) return [];
  const slowed =
    effectiveRate < configuredRate.maxDispatchesPerSecond
      ? `, since Cloud Tasks has slowed it down from ${formatRate(configuredRate.maxDispatchesPerSecond)}`
      : "";
  return [`The queue ${key} holds ${formatCount(depth)}, and delivers up to ${formatRate(effectiveRate)}${slowed}.`];
}

function describeRunning({ attempts }: Task, { type }: Surroundings): string {
  const limit = type === undefined ? "" : ` Its handler may take ${describeDuration(type.timeoutMs)}.`;
  // An attempt that has only just begun isn't counted yet.
  if (!attempts) return `An attempt is running.${limit}`;
  return `Attempt ${attempts}${type === undefined ? "" : ` of at most ${type.attempts}`} is running.${limit}`;
}

function describeDeath({ attempts, attemptLog = [] }: Task, { type }: Surroundings): string {
  const last = attemptLog.at(-1)?.outcome;
  if (last === "permanent") return "It was given up: its handler said that another attempt would not help.";
  if (last === "unknown-type") return "It was given up: no worker knew its type.";
  if (attempts === undefined) return "It was given up.";
  const all = type !== undefined && attempts >= type.attempts ? ", which is all that its type allows" : "";
  return `It was given up after ${attempts === 1 ? "1 attempt" : `${attempts} attempts`}${all}.`;
}

function describeCancel({ cancelRequested }: Task): string[] {
  return cancelRequested
    ? ["Somebody has cancelled the task: unless this attempt succeeds, the task ends with it."]
    : [];
}
