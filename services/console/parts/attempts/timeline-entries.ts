import type { Attempt, Task } from "../../../../packages/client/src/views/task.ts";
import type { EndedState } from "./ends.ts";

/** What a timeline is made of: a task as the API tells of it, or what a dead letter keeps of one. */
export type Told = Pick<
  Task,
  "createdAt" | "state" | "attempts" | "attemptLog" | "nextAttempt" | "nextRule" | "finishedAt"
>;

export type TimelineEntry =
  | { readonly kind: "accepted"; readonly at: string }
  /** Attempts of which nothing is kept, by their numbers. */
  | { readonly kind: "unkept"; readonly to: number }
  /** `isNew`: no attempt before it ended in this way. */
  | {
      readonly kind: "attempt";
      readonly attempt: Attempt;
      readonly tookMs: number | undefined;
      readonly isNew: boolean;
    }
  /** What lies before an attempt: how long, in milliseconds, and what set it. Nothing is known of the first one's rule. */
  | { readonly kind: "wait"; readonly ms: number; readonly rule: string; readonly isFirst: boolean }
  /** An attempt that has only just begun has no number yet. */
  | { readonly kind: "running"; readonly number: number | undefined }
  | { readonly kind: "next"; readonly at: string; readonly rule: string | undefined }
  | { readonly kind: "ended"; readonly state: EndedState; readonly at: string | undefined };

/** Waits below this, in milliseconds, are deliveries on their way. */
const SHORTEST_WAIT_MS = 1_000;

/** What happened to a task and what is to happen, oldest first. */
export function timelineEntries(told: Told): TimelineEntry[] {
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

function whatFollows(told: Told): TimelineEntry[] {
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

/** An attempt that came well before the time that was planned for it was given another one. */
function ruleBetween(before: Attempt | undefined, next: Attempt): string {
  if (before?.nextAt === undefined) return "queue";
  const earlyMs = msBetween(next.startedAt, before.nextAt) ?? 0;
  return earlyMs > SHORTEST_WAIT_MS ? "run" : (before.nextRule ?? "queue");
}

/** From one time to another, in milliseconds; undefined if one of them isn't known. */
function msBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isNaN(ms) ? undefined : ms;
}
