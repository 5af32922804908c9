import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import type { Attempted, QueuedTask } from "../dispatch/attempt-outcome.ts";
import type { Delivered } from "./delivered.ts";

/** Logs the end of an attempt in one line, for a person who watches a queue work on a laptop. */
export function logAttempt(
  { queue, task }: QueuedTask,
  { delivered, fate }: Attempted,
  { log, nowMs }: { log: EmulatorLog; nowMs: number },
): void {
  const line = {
    queue: queue.name.queueId,
    task: task.id,
    attempt: task.dispatchCount,
    status: shortStatus(delivered),
  };
  switch (fate.kind) {
    case "done":
      log.info(line, "delivered");
      return;
    case "retry":
      log.info({ ...line, nextInMs: Math.round(fate.dueMs - nowMs) }, "failed, will be delivered again");
      return;
    case "given-up":
      log.warn(line, "failed for the last time, deleted");
      return;
    case "deleted":
      log.info(line, "ended after its task was deleted");
      return;
    case "aborted":
      log.info(line, "cut short by the stop, will be delivered again after the start");
      return;
    default:
      fate satisfies never;
  }
}

function shortStatus(delivered: Delivered): number | string {
  switch (delivered.kind) {
    case "answered":
      return delivered.status;
    case "unreachable":
      return `no answer: ${delivered.reason}`;
    case "timeout":
      return "no answer within the dispatch deadline";
    case "aborted":
      return "no answer yet";
    default:
      return delivered satisfies never;
  }
}
