import type { Outcome } from "../outcome.ts";
import type { RunnableDelivery } from "../parse-delivery.ts";
import { type Ran, failedWhenStuck, runDirectly, runHandler } from "../runner/run-handler.ts";
import { type Attempt, type AttemptWorker, type Strategy, beginUnclaimed, finishUnclaimed } from "./strategy.ts";

/**
 * `natural`: running again gives the same result, so nothing is claimed, and success on the first delivery leaves no
 * record. Only failures are recorded, because they must be counted. Without a record there is no commit for its follow-ups
 * to be part of, so they are put into their queues before the delivery is acknowledged.
 */
export function naturalStrategy(delivery: RunnableDelivery, worker: AttemptWorker): Strategy {
  return {
    begin: () => beginUnclaimed(delivery, worker),
    run: ({ number }) =>
      runHandler(delivery, number, {
        worker,
        work: {
          run: (context) => runDirectly(delivery, context),
          // Nothing keeps the next attempt away, so a stuck one is recorded and counted right now.
          whenStuck: (end) =>
            end.kind === "released" ? { kind: "decided", outcome: failedWhenStuck(end) } : { kind: "ended", end },
        },
      }),
    finish: (attempt, ran) => finish(attempt, ran, { delivery, worker }),
  };
}

/** If a follow-up can't be created, the task runs again, and those that exist by then are found to exist. */
async function finish(
  attempt: Attempt,
  ran: Ran,
  on: { readonly delivery: RunnableDelivery; readonly worker: AttemptWorker },
): Promise<Outcome> {
  if (ran.kind === "decided" || ran.end.kind !== "succeeded" || !ran.end.children) {
    return await finishUnclaimed(attempt, ran, on);
  }
  const { children, ...end } = ran.end;
  const untilMs = on.worker.store.stepUntilMs();
  const isDone = await on.worker.relay.create(children, untilMs);
  if (!isDone) return { kind: "unavailable", reason: "cloud-tasks" };
  return await finishUnclaimed(attempt, { kind: "ended", end }, on, untilMs);
}
