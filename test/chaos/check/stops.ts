import { TOLERANCE_MS } from "./endings.ts";
import type { HandlerRun, Histories } from "./history/histories.ts";
import { endsWithin } from "./history/process-lives.ts";

/** The handlers' budget; they are told to stop when it is used up. */
const BUDGET_MS = 2_000;
/** A worker that is told to end has done so by then, or is killed. */
const TERM_LIMIT_MS = 10_000;

/** Whether a run lasted so long that its time was used up. */
export function wasTimeUp({ at, endedAt }: HandlerRun): boolean {
  return endedAt !== undefined && endedAt - at >= BUDGET_MS - TOLERANCE_MS;
}

/** Whether a run's process ended soon after it, as it does when it is told to. */
export function wasShutDown({ pid, endedAt }: HandlerRun, histories: Histories): boolean {
  return endedAt !== undefined && endsWithin(histories, pid, { from: endedAt, until: endedAt + TERM_LIMIT_MS });
}
