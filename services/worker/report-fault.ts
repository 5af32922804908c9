import { FAULT_MESSAGE, type Fault, faultFields } from "../../shared/process/faults.ts";
import { taskOf } from "../../shared/process/running-task.ts";
import type { Worker } from "./worker.ts";

/**
 * Logs a fault with the task it belongs to, and puts it down to that task's attempt, which then counts. An attempt that
 * a shutdown has told to stop is not to blame for what that breaks.
 */
export function reportFault(fault: Fault, { log, shutdown }: Pick<Worker, "log" | "shutdown">): void {
  const task = taskOf(fault);
  const isCounted = task !== undefined && !shutdown.signal.aborted && task.blame(fault);
  (task?.log ?? log).error({ ...faultFields(fault), isCounted }, FAULT_MESSAGE[fault.kind]);
}
