import type { Attempt, Task } from "../../../../packages/client/src/views/task.ts";
import type { EndedState } from "./ends.ts";

/** The data of a timeline: a task from the API, or what a dead letter keeps of one. */
export type TimelineSource = Pick<
  Task,
  "createdAt" | "state" | "attempts" | "attemptLog" | "nextAttempt" | "nextRule" | "finishedAt"
>;

export type TimelineEntry =
  | { readonly kind: "accepted"; readonly at: string }
  /** Attempts that are no longer in the log, up to this number. */
  | { readonly kind: "unkept"; readonly to: number }
  /** `isNew`: no attempt before it ended in this way. */
  | {
      readonly kind: "attempt";
      readonly attempt: Attempt;
      readonly tookMs: number | undefined;
      readonly isNew: boolean;
    }
  /** The wait before an attempt, in milliseconds, and what set it. The rule of the first wait is unknown. */
  | { readonly kind: "wait"; readonly ms: number; readonly rule: string; readonly isFirst: boolean }
  /** An attempt that has only just begun has no number yet. */
  | { readonly kind: "running"; readonly number: number | undefined }
  | { readonly kind: "next"; readonly at: string; readonly rule: string | undefined }
  | { readonly kind: "ended"; readonly state: EndedState; readonly at: string | undefined };

/** Shorter waits, in milliseconds, only show the time of a delivery. */
const SHORTEST_WAIT_MS = 1_000;

/** A task's past and future events, oldest first. */
export function timelineEntries(told: TimelineSource): TimelineEntry[] {
  const { createdAt, attemptLog = [] } = told;
  const entries: TimelineEntry[] = createdAt === undefined ? [] : [{ kind: "accepted", at: createdAt }];
  const first = attemptLog[0];
  if (first && first.attempt > 1) entries.push({ kind: "unkept", to: first.attempt - 1 });
  let before: Attempt | undefined;
  const outcomes = new Set<string>();
  for (const attempt of attemptLog) {
    const isFirst = before === undefined;
    const sinceText = before ? before.endedAt : first && first.attempt > 1 ? undefined : createdAt;
    entries.push(...waitBetween(sinceText, attempt.startedAt, { isFirst, rule: ruleBetween(before, attempt) }));
    const tookMs = msBetween(attempt.startedAt, attempt.endedAt);
    entries.push({ kind: "attempt", attempt, tookMs, isNew: !outcomes.has(attempt.outcome) });
    outcomes.add(attempt.outcome);
    before = attempt;
  }
  return [...entries, ...whatFollows(told)];
}

function whatFollows(told: TimelineSource): TimelineEntry[] {
  const { state, attempts, nextAttempt, nextRule, finishedAt } = told;
  switch (state) {
    case "running":
      return [{ kind: "running", number: attempts || undefined }];
    case "queued":
    case "scheduled":
    case "waiting": {
      if (nextAttempt === undefined) return [];
      return [{ kind: "next", at: nextAttempt, rule: nextRule }];
    }
    case "succeeded":
    case "dead":
    case "cancelled":
    case "finished":
    case "removed":
      return [{ kind: "ended", state, at: finishedAt }];
  }
}

function waitBetween(
  from: string | undefined,
  to: string | undefined,
  wait: { readonly isFirst: boolean; readonly rule: string },
): TimelineEntry[] {
  const ms = msBetween(from, to);
  return ms === undefined || ms < SHORTEST_WAIT_MS ? [] : [{ kind: "wait", ms, ...wait }];
}

/** An attempt long before its planned time was rescheduled. */
function ruleBetween(before: Attempt | undefined, next: Attempt): string {
  if (before?.nextAt === undefined) return "queue";
  const earlyMs = msBetween(next.startedAt, before.nextAt) ?? 0;
  return earlyMs > SHORTEST_WAIT_MS ? "run" : (before.nextRule ?? "queue");
}

/** The time between two events, in milliseconds; undefined if one of them is unknown. */
function msBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isNaN(ms) ? undefined : ms;
}
