import { ABORT_GRACE_MS, QUEUES, type QueueKey, type QueueSettings } from "./queues.ts";
import type { TaskType } from "./task-type.ts";

/** Limits of an HTTP target's dispatch deadline (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks). */
const SHORTEST_DISPATCH_DEADLINE_MS = 15_000;
const LONGEST_DISPATCH_DEADLINE_MS = 30 * 60_000;

/** Between the handler's end and the queue's giving up, the worker still has to record how it ended. */
const SETTLE_MARGIN_MS = 2_000;

/** The worker's request timeout on Cloud Run, which no dispatch may outlast. Cloud Run allows up to an hour. */
export const WORKER_REQUEST_TIMEOUT_MS = 1_800_000;

/**
 * Every way in which the task types' timeouts and the queues' deadlines contradict each other, a sentence each.
 *
 *     |--- handler timeout ---|-- grace --|-- settle --|  dispatch deadline  ≤  request timeout
 *     |------------------------------- lease ---------------------------------|-- margin --|
 */
export function checkTimeBudgets(
  taskTypes: Iterable<TaskType>,
  queues: Readonly<Record<QueueKey, QueueSettings>> = QUEUES,
): string[] {
  const problems: string[] = [];
  for (const [key, { dispatchDeadlineMs }] of Object.entries(queues)) {
    if (dispatchDeadlineMs < SHORTEST_DISPATCH_DEADLINE_MS || dispatchDeadlineMs > LONGEST_DISPATCH_DEADLINE_MS) {
      problems.push(`Queue ${key}: the dispatch deadline of ${dispatchDeadlineMs} ms is not within 15 s and 30 min.`);
    }
    if (dispatchDeadlineMs > WORKER_REQUEST_TIMEOUT_MS) {
      problems.push(
        `Queue ${key}: the dispatch deadline of ${dispatchDeadlineMs} ms outlasts the worker's request timeout.`,
      );
    }
  }
  for (const task of taskTypes) {
    const neededMs = task.timeoutMs + ABORT_GRACE_MS + SETTLE_MARGIN_MS;
    const { dispatchDeadlineMs } = queues[task.queue];
    if (neededMs <= dispatchDeadlineMs) continue;
    problems.push(
      `Task type ${task.type}: its timeout of ${task.timeoutMs} ms needs ${neededMs} ms with grace and settling, ` +
        `but queue ${task.queue} gives up after ${dispatchDeadlineMs} ms.`,
    );
  }
  return problems;
}
