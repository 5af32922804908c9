import type { HttpServer } from "../../shared/http/server.ts";
import type { TaskStore } from "../../shared/records/task-store.ts";
import type { PendingCalls } from "../../shared/runtime/pending-calls.ts";
import { systemClock } from "../../shared/runtime/clock.ts";
import { settlesWithin } from "../../shared/runtime/deadline.ts";
import type { Logger } from "../../shared/runtime/log.ts";
import type { RunningProgram } from "../../shared/runtime/program.ts";
import type { Tracing } from "../../shared/tracing/tracing.ts";
import type { Waits } from "./tasks/status/waits.ts";
import { tryLater } from "./http/failures.ts";

/** How long requests in progress may take after SIGTERM, in milliseconds. Then they get 503. */
const DRAIN_MS = 8_000;
/** How long clients may take to close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

/** A running producer, and how it stops. */
export function runningProducer(on: {
  readonly log: Logger;
  readonly server: Pick<HttpServer, "close">;
  readonly waits: Pick<Waits, "end">;
  readonly inFlight: PendingCalls;
  readonly store: Pick<TaskStore, "close">;
  /** The clients of Cloud Tasks. */
  readonly clients: readonly { close(): Promise<unknown> }[];
  readonly tracing: Pick<Tracing, "stop">;
}): RunningProgram {
  const { log, server, waits, inFlight, store, clients, tracing } = on;
  return {
    log,
    async stop(leftMs) {
      const within = (timeoutMs: number, work: Promise<unknown>) =>
        settlesWithin({ clock: systemClock, timeoutMs: Math.min(timeoutMs, leftMs()) }, work);
      // Waiting requests get their response now, and later ones don't wait.
      waits.end();
      // Once "stopping" is logged, new connections are refused.
      const onRefusing = (): void => log.info({}, "stopping");
      await within(leftMs(), server.close({ cutOffMs: DRAIN_MS, cutOff, onRefusing }));
      // A cancel whose caller has gone is finished, too.
      await inFlight.settle(leftMs(), systemClock);
      // A client closes when its calls have ended. Abandoned calls may take long, and nobody needs their results.
      const closing = [...clients.map((client) => client.close()), store.close(systemClock), tracing.stop()];
      await within(CLOSE_TIMEOUT_MS, Promise.allSettled(closing));
      log.info({}, "stopped");
    },
  };
}

function cutOff(): Response {
  return tryLater(503, {
    title: "Service unavailable",
    code: "shutting-down",
    detail:
      "This instance is stopping, and the request did not finish in time. If you were creating a task, it may have been " +
      "accepted: repeat the request with the same Idempotency-Key. If you were cancelling one, repeat that, too.",
  });
}
