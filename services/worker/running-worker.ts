import type { HttpServer } from "../../shared/http/server.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { settlesWithin } from "../../shared/runtime/deadline.ts";
import type { RunningProgram } from "../../shared/runtime/program.ts";
import type { Tracing } from "../../shared/tracing/tracing.ts";
import { SHUTTING_DOWN, respond } from "./outcome.ts";
import { reportFault } from "./report-fault.ts";
import { trackPromiseCreators } from "../../shared/process/running-task.ts";
import { DRAIN_LIMIT_MS } from "./runner/shutdown.ts";
import type { Worker } from "./worker.ts";

/** A worker that serves: how it reports faults, and how it stops. */
export function runningWorker(
  worker: Pick<Worker, "log" | "shutdown" | "store">,
  on: { readonly server: HttpServer; readonly tracing: Tracing; readonly cloudTasks: { close(): Promise<void> } },
): RunningProgram {
  const { log, shutdown, store } = worker;
  const { server, tracing, cloudTasks } = on;
  trackPromiseCreators();
  return {
    log,
    reportFault: (fault) => reportFault(fault, worker),
    async stop(leftMs) {
      const closed = server.close({
        cutOffMs: DRAIN_LIMIT_MS,
        cutOff: () => respond(SHUTTING_DOWN),
        // Whoever reads "draining" may count on it that what comes later is refused.
        onRefusing: () => log.info({}, "draining"),
      });
      const isDrained = await shutdown.drain();
      const within = (work: Promise<unknown>) => settlesWithin({ clock: systemClock, timeoutMs: leftMs() }, work);
      if (isDrained) await within(closed);
      // The client would wait for its pending calls, too, and be killed while waiting.
      else log.warn({}, "some work did not settle in time");
      const settled = isDrained ? [store.close(systemClock), cloudTasks.close()] : [closed];
      await within(Promise.allSettled([...settled, tracing.stop()]));
      log.info({}, "stopped");
    },
  };
}
