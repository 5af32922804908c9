import { ABORT_GRACE_MS, RECORD_STORE_DEADLINE_MS, RELAY_MS } from "./queues.ts";
import type { Registry } from "./registry.ts";

/**
 * The limits on an HTTP task's dispatch deadline
 * (https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues.tasks).
 */
const SHORTEST_DISPATCH_DEADLINE_MS = 15_000;
const MAX_DISPATCH_DEADLINE_MS = 30 * 60_000;

/** The worker's request timeout on Cloud Run. No dispatch deadline may exceed it. Cloud Run allows up to an hour. */
export const WORKER_REQUEST_TIMEOUT_MS = 1_800_000;

/**
 * Finds contradictions between the task types' timeouts and the queues' deadlines, one sentence each.
 *
 *     |-- claim --|---- handler timeout ----|-- grace --|-- settle --|-- relay --|  ≤ dispatch deadline ≤ request timeout
 *                 |----------------------- lease: dispatch deadline + margin -------------------
 */
export function checkTimeBudgets({ types, queues }: Pick<Registry, "types" | "queues">): string[] {
  const problems: string[] = [];
  for (const [key, { dispatchDeadlineMs }] of queues) {
    if (dispatchDeadlineMs < SHORTEST_DISPATCH_DEADLINE_MS || dispatchDeadlineMs > MAX_DISPATCH_DEADLINE_MS) {
      problems.push(`Queue ${key}: the dispatch deadline of ${dispatchDeadlineMs} ms is not between 15 s and 30 min.`);
    }
    if (dispatchDeadlineMs > WORKER_REQUEST_TIMEOUT_MS) {
      problems.push(
        `Queue ${key}: the dispatch deadline of ${dispatchDeadlineMs} ms outlasts the worker's request timeout.`,
      );
    }
  }
  for (const task of types.values()) {
    const neededMs = RECORD_STORE_DEADLINE_MS + task.timeoutMs + ABORT_GRACE_MS + RECORD_STORE_DEADLINE_MS + RELAY_MS;
    const dispatchDeadlineMs = queues.get(task.queue)?.dispatchDeadlineMs ?? 0;
    if (neededMs <= dispatchDeadlineMs) continue;
    problems.push(
      `Task type ${task.type}: its timeout of ${task.timeoutMs} ms needs ${neededMs} ms including claim, grace, settling and relaying, ` +
        `but queue ${task.queue} gives up after ${dispatchDeadlineMs} ms.`,
    );
  }
  return problems;
}
