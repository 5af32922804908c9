import type { Clock } from "../../kernel/clock.ts";
import type { Attempted, Fate, QueuedTask } from "./attempt-outcome.ts";
import { logAttempt } from "../testing/attempt-log.ts";
import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import type { BreakOff } from "./request/delivery-abort.ts";
import { progressOf } from "../state/change.ts";
import type { Delivered } from "../testing/delivered.ts";
import type { Courier } from "./request/delivery.ts";
import type { History } from "../testing/history.ts";
import { isSuccess, previousStatus, responseStatus } from "./request/response-status.ts";
import { isExhausted, retryDelayMs } from "./retry-delay.ts";
import type { State } from "../state/state.ts";
import type { Progress, Task } from "../state/task.ts";

/** What an attempt needs. */
export interface AttemptDeps {
  readonly clock: Clock;
  readonly state: State;
  readonly courier: Courier;
  readonly history: History;
  readonly log: EmulatorLog;
  /** Whether a worker's Retry-After can lengthen the wait before a retry. */
  readonly considerRetryAfter: boolean;
}

/**
 * One delivery of a task, from its dispatch to what follows from the answer. The dispatch is counted when this
 * function returns its promise, which never rejects.
 *
 * Only the end of an attempt is written down. One that is cut short by a stop or a kill of the emulator leaves the
 * task with the schedule and the counters it had, and it is delivered again after the start.
 *
 * @param options.forced for RunTask: the retry delay counts from the call rather than from the answer.
 */
export async function attemptTask(
  queued: QueuedTask,
  deps: AttemptDeps,
  options: { breakOff: BreakOff; forced: boolean },
): Promise<Attempted> {
  const { task } = queued;
  const dispatchedMs = deps.clock.now();
  beginAttempt(task, dispatchedMs);
  const record = deps.history.begin(queued, { dispatchedMs });

  const delivered = await deps.courier.deliver(queued, { breakOff: options.breakOff, record });
  task.running -= 1;

  const nowMs = deps.clock.now();
  const fate = decideFate(queued, delivered, deps, { nowMs, retryFromMs: options.forced ? dispatchedMs : nowMs });
  deps.history.end(record, { endedMs: nowMs, outcome: delivered, fate });
  logAttempt(queued, { delivered, fate }, { log: deps.log, nowMs });
  settle(queued, { delivered, fate }, { state: deps.state, nowMs });
  return { delivered, fate };
}

function beginAttempt(task: Task, dispatchedMs: number): void {
  task.running += 1;
  task.dispatchCount += 1;
  task.firstDispatchMs ??= dispatchedMs;
  task.lastAttempt = { scheduledMs: task.dueMs, dispatchedMs };
}

function decideFate(
  { queue, task }: QueuedTask,
  delivered: Delivered,
  deps: AttemptDeps,
  times: { nowMs: number; retryFromMs: number },
): Fate {
  if (delivered.kind === "aborted") return { kind: "aborted" };
  if (queue.tasks.get(task.id) !== task) return { kind: "deleted" };
  if (isSuccess(delivered)) return { kind: "done" };

  const { retry } = queue.settings.config;
  const attempts = task.failures + 1;
  const sinceFirstAttemptMs = times.nowMs - (task.firstDispatchMs ?? times.nowMs);
  if (isExhausted(retry, { attempts, sinceFirstAttemptMs })) return { kind: "given-up" };

  const delayMs = retryDelayMs(retry, attempts);
  const askedMs = (deps.considerRetryAfter && delivered.kind === "answered" && delivered.retryAfterMs) || 0;
  // A worker can ask for a longer wait than the queue's schedule, but not for a longer one than the queue allows.
  const waitMs = Math.max(delayMs, Math.min(askedMs, retry.maxBackoffMs));
  return { kind: "retry", dueMs: times.retryFromMs + waitMs };
}

function settle(
  { queue, task }: QueuedTask,
  { delivered, fate }: Attempted,
  { state, nowMs }: { state: State; nowMs: number },
): void {
  switch (fate.kind) {
    case "done":
    case "given-up":
      state.commit({ kind: "task-gone", queue: queue.name.name, taskId: task.id, atMs: nowMs });
      return;
    case "retry": {
      if (delivered.kind === "aborted") return;
      const progress = progressAfterFailure(task, delivered, { dueMs: fate.dueMs, nowMs });
      state.commit({ kind: "task-failed", queue: queue.name.name, taskId: task.id, progress });
      return;
    }
    case "deleted":
    case "aborted":
      return;
    default:
      fate satisfies never;
  }
}

function progressAfterFailure(
  task: Task,
  delivered: Exclude<Delivered, { kind: "aborted" }>,
  times: { dueMs: number; nowMs: number },
): Progress {
  const wasAnswered = delivered.kind === "answered";
  const workerDecided = wasAnswered && delivered.status < 500;
  const dispatched = task.lastAttempt ?? { scheduledMs: task.dueMs, dispatchedMs: times.nowMs };
  return {
    ...progressOf(task),
    dueMs: times.dueMs,
    responseCount: task.responseCount + (wasAnswered ? 1 : 0),
    failures: task.failures + 1,
    executions: task.executions + (workerDecided ? 1 : 0),
    previousStatus: previousStatus(delivered),
    lastAttempt: { ...dispatched, respondedMs: times.nowMs, status: responseStatus(delivered) },
  };
}
