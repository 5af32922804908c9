import type { Around } from "../../../../services/worker/worker.ts";

/** Counts attempts by task type and outcome. */
export function countAttempts(count: (labels: { type: string; outcome: string }) => void): Around {
  return async (delivery, next) => {
    const outcome = await next();
    count({ type: delivery.envelope.type, outcome: outcome.kind });
    return outcome;
  };
}
