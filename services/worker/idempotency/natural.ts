import type { RunnableDelivery } from "../parse-delivery.ts";
import { failedWhenStuck, runDirectly, runHandler } from "../runner/run-handler.ts";
import { type AttemptWorker, type Strategy, beginUnclaimed, finishUnclaimed } from "./strategy.ts";

/**
 * `natural`: running again gives the same result, so nothing is claimed, and success on the first delivery leaves no
 * record. Only failures are recorded, because they must be counted.
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
    finish: (attempt, ran) => finishUnclaimed(attempt, ran, { delivery, worker }),
  };
}
