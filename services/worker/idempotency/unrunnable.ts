import type { UnrunnableDelivery } from "../parse-delivery.ts";
import { type AttemptWorker, type Strategy, beginUnclaimed, finishUnclaimed } from "./strategy.ts";

/**
 * A task that can't run here, because its type is unknown or its payload is invalid. Nothing runs; only the end is
 * recorded.
 */
export function unrunnableStrategy(delivery: UnrunnableDelivery, worker: AttemptWorker): Strategy {
  return {
    begin: () => beginUnclaimed(delivery, worker),
    run: () => Promise.resolve({ kind: "ended", end: delivery.end }),
    finish: (attempt, ran) => finishUnclaimed(attempt, ran, { delivery, worker }),
  };
}
