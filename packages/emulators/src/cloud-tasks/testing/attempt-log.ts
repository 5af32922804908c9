import type { EmulatorLog } from "../../kernel/emulator-log.ts";
import type { Attempted, QueuedTask } from "../dispatch/attempt-outcome.ts";
import type { Delivered } from "./delivered.ts";

/** Logs the end of an attempt in one line. */
export function logAttempt(
  { queue, task }: QueuedTask,
  { delivered, fate, endedMs }: Attempted,
  { log }: { log: EmulatorLog },
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
      log.info({ ...line, nextInMs: Math.round(fate.dueMs - endedMs) }, "failed, will be retried");
      return;
    case "given-up":
      log.warn(line, "failed for the last time and was deleted");
      return;
    case "deleted":
      log.info(line, "ended after its task was deleted");
      return;
    case "aborted":
      log.info(line, "aborted by the stop, will be delivered again after the next start");
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
      return `no response: ${delivered.reason}`;
    case "timeout":
      return "no response within the dispatch deadline";
    case "aborted":
      return "no response yet";
    default:
      return delivered satisfies never;
  }
}
