import type { AttemptRecord } from "./history.ts";

/**
 * Formats attempts for people, task by task, with the time since the first:
 *
 *     projects/p/locations/l/queues/q/tasks/t
 *       1  +0 s      500 after 3 ms, again in 10 s
 *       2  +10.003 s 200 after 2 ms, done
 */
export function formatTimeline(attempts: readonly AttemptRecord[]): string {
  if (attempts.length === 0) return "There were no attempts.";
  const byTask = Map.groupBy(attempts, ({ task }) => task);
  return [...byTask].map(([task, ofTask]) => `${task}\n${ofTask.map(lineOf(ofTask)).join("\n")}`).join("\n");
}

function lineOf([first]: readonly AttemptRecord[]): (attempt: AttemptRecord) => string {
  const startMs = first?.dispatchedMs ?? 0;
  return (attempt) => {
    const since = `+${seconds(attempt.dispatchedMs - startMs)}`;
    const fault = attempt.fault === undefined ? "" : ` [${attempt.fault}]`;
    return `  ${String(attempt.dispatch).padStart(3)}  ${since.padEnd(14)} ${ending(attempt)}${fault}`;
  };
}

function ending({ dispatchedMs, endedMs, outcome, fate }: AttemptRecord): string {
  if (endedMs === undefined || outcome === undefined) return "in progress";
  const after = `after ${seconds(endedMs - dispatchedMs)}`;
  return `${describeOutcome(outcome)} ${after}${fate ? `, ${describeFate(fate, endedMs)}` : ""}`;
}

function describeOutcome(outcome: NonNullable<AttemptRecord["outcome"]>): string {
  switch (outcome.kind) {
    case "answered":
      return String(outcome.status);
    case "timeout":
      return "no response by the deadline";
    case "unreachable":
      return `no response (${outcome.reason})`;
    case "aborted":
      return "aborted";
  }
}

function describeFate(fate: NonNullable<AttemptRecord["fate"]>, endedMs: number): string {
  switch (fate.kind) {
    case "done":
      return "done";
    case "retry":
      return `again in ${seconds(fate.dueMs - endedMs)}`;
    case "given-up":
      return "given up";
    case "deleted":
      return "task was gone";
    case "aborted":
      return "to be delivered again";
  }
}

const seconds = (millis: number): string => `${Number((millis / 1000).toFixed(3))} s`;
