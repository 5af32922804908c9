import { type Clock, monotonicMs } from "../../kernel/clock.ts";
import type { Attempted, Fate, QueuedTask } from "./attempt-outcome.ts";
import { logAttempt } from "../testing/attempt-log.ts";
import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import type { DeliveryAbort } from "./request/delivery-abort.ts";
import { progressOf } from "../state/change.ts";
import type { Delivered } from "../testing/delivered.ts";
import type { Sender } from "./request/delivery.ts";
import type { History } from "../testing/history.ts";
import { isSuccess, previousStatus, responseStatus } from "./request/response-status.ts";
import { isExhausted, retryDelayMs } from "./retry-delay.ts";
import { LATEST_TIME_MS } from "../wire/wire-time.ts";
import type { State } from "../state/state.ts";
import type { Progress, Task } from "../state/task.ts";

/** What an attempt needs. */
export interface AttemptDeps {
  readonly clock: Clock;
  readonly state: State;
  readonly sender: Sender;
  readonly history: History;
  readonly log: EmulatorLog;
  /** Whether a worker's Retry-After can delay a retry. */
  readonly considerRetryAfter: boolean;
}

/**
 * Delivers a task once, and decides what happens to it. `storeEnd` then makes it happen. The dispatch has been counted
 * when this function returns its promise.
 *
 * Only the end of an attempt is stored. If a stop or a kill of the emulator cuts it short, the task keeps its schedule
 * and its counters, and is delivered again after the next start.
 *
 * @param options.forced for RunTask: the retry delay counts from the call rather than from the response.
 */
export async function attemptTask(
  queued: QueuedTask,
  deps: AttemptDeps,
  options: { abort: DeliveryAbort; forced: boolean },
): Promise<Attempted> {
  const { task } = queued;
  const dispatchedMs = deps.clock.now();
  beginAttempt(task, { dispatchedMs, monotonicMs: monotonicMs(deps.clock) });
  const record = deps.history.begin(queued, { dispatchedMs });

  const delivered = await deps.sender.deliver(queued, { abort: options.abort, record });
  task.running -= 1;

  const nowMs = deps.clock.now();
  const fate = decideFate(queued, delivered, deps, { retryFromMs: options.forced ? dispatchedMs : nowMs });
  deps.history.end(record, { endedMs: nowMs, outcome: delivered, fate });
  const attempted = { delivered, fate, endedMs: nowMs };
  logAttempt(queued, attempted, { log: deps.log });
  return attempted;
}

function beginAttempt(task: Task, now: { dispatchedMs: number; monotonicMs: number }): void {
  const { dispatchedMs } = now;
  task.running += 1;
  task.dispatchCount += 1;
  task.firstDispatchMs ??= dispatchedMs;
  // An earlier process began a restored task, and only the wall clock shows how long ago.
  task.firstDispatchMonotonicMs ??= now.monotonicMs - Math.max(0, dispatchedMs - task.firstDispatchMs);
  task.lastAttempt = { scheduledMs: task.dueMs, dispatchedMs };
}

function decideFate(
  { queue, task }: QueuedTask,
  delivered: Delivered,
  deps: AttemptDeps,
  { retryFromMs }: { retryFromMs: number },
): Fate {
  if (delivered.kind === "aborted") return { kind: "aborted" };
  if (queue.tasks.get(task.id) !== task) return { kind: "deleted" };
  if (isSuccess(delivered)) return { kind: "done" };

  const retry = task.retry ?? queue.settings.config.retry;
  const attempts = task.failures + 1;
  const nowMs = monotonicMs(deps.clock);
  const sinceFirstAttemptMs = nowMs - (task.firstDispatchMonotonicMs ?? nowMs);
  if (isExhausted(retry, { attempts, sinceFirstAttemptMs })) return { kind: "given-up" };

  const delayMs = retryDelayMs(retry, attempts);
  const requestedMs = (deps.considerRetryAfter && delivered.kind === "answered" && delivered.retryAfterMs) || 0;
  // A worker can lengthen the wait that the queue's schedule sets, but not beyond the queue's limit.
  const waitMs = Math.max(delayMs, Math.min(requestedMs, retry.maxBackoffMs));
  return { kind: "retry", dueMs: Math.min(retryFromMs + waitMs, LATEST_TIME_MS) };
}

/**
 * Stores how an attempt ended, and returns whether the task is to be delivered again. It can be called again later, if it
 * fails: what has become of the task meanwhile counts.
 *
 * @throws NotStoredError
 */
export function storeEnd(
  { queue, task }: QueuedTask,
  { delivered, fate, endedMs }: Attempted,
  { state }: { state: State },
): boolean {
  if (state.queues.get(queue.name.name) !== queue || queue.tasks.get(task.id) !== task) return false;
  switch (fate.kind) {
    case "done":
    case "given-up":
      state.commit({ kind: "task-gone", queue: queue.name.name, taskId: task.id, atMs: endedMs });
      return false;
    case "retry": {
      if (delivered.kind === "aborted") return false;
      const progress = progressAfterFailure(task, delivered, { dueMs: fate.dueMs, nowMs: endedMs });
      state.commit({ kind: "task-failed", queue: queue.name.name, taskId: task.id, progress });
      return true;
    }
    case "deleted":
    case "aborted":
      return false;
    default:
      return fate satisfies never;
  }
}

function progressAfterFailure(
  task: Task,
  delivered: Exclude<Delivered, { kind: "aborted" }>,
  times: { dueMs: number; nowMs: number },
): Progress {
  const workerDecided = delivered.kind === "answered" && delivered.status < 500;
  const dispatched = task.lastAttempt ?? { scheduledMs: task.dueMs, dispatchedMs: times.nowMs };
  return {
    ...progressOf(task),
    dueMs: times.dueMs,
    responseCount: task.responseCount + (workerDecided ? 1 : 0),
    failures: task.failures + 1,
    previousStatus: previousStatus(delivered),
    lastAttempt: { ...dispatched, respondedMs: times.nowMs, status: responseStatus(delivered) },
  };
}
