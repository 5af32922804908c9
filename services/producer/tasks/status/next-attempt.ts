import { Timestamp } from "@google-cloud/firestore";
import type { AttemptLog, NextRule } from "../../../../shared/records/attempt-log.ts";
import type { TaskRecord } from "../../../../shared/records/task-record.ts";

/** What set the time of a task's next attempt. */
export const TIME_RULES = ["queue", "schedule", "run", "backoff", "retry-after", "snooze"] as const;

export type TimeRule = (typeof TIME_RULES)[number];

const WORKERS_RULES: ReadonlySet<unknown> = new Set<NextRule>(["backoff", "retry-after", "snooze"]);

/**
 * What set the time of a task that waits as its record says, unless its queue has delivered it since. The record only
 * shows it indirectly:
 *
 *     first hop                                                the queue's own backoff
 *     time as the last attempt planned it                      that attempt's rule, however many hops lead there
 *     another time, or at once                                 somebody rescheduled it
 *     no attempt yet, and the record began with a delivery     it was enqueued for that time
 */
export function ruleOf(record: TaskRecord): TimeRule {
  const { hop = 0, notBefore, fence, attemptLog = [] } = record;
  if (hop === 0) return "queue";
  const planned = plannedBy(attemptLog);
  if (planned) return notBefore !== undefined && Date.parse(notBefore) === planned.atMs ? planned.rule : "run";
  // A record that a producer began has no fencing token yet; see `decideRun`.
  const isHandedOver = notBefore !== undefined && fence > 0 && attemptLog.length === 0;
  return isHandedOver ? "schedule" : "run";
}

/** What the last attempt set; undefined if there was none, or it left the time to its queue. */
function plannedBy(log: AttemptLog): { readonly atMs: number; readonly rule: TimeRule } | undefined {
  const { nextAt, nextRule } = log.at(-1) ?? {};
  return nextAt instanceof Timestamp && isWorkersRule(nextRule)
    ? { atMs: nextAt.toMillis(), rule: nextRule }
    : undefined;
}

function isWorkersRule(rule: unknown): rule is NextRule {
  return WORKERS_RULES.has(rule);
}
