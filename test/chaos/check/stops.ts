import { TOLERANCE_MS } from "./endings.ts";
import type { HandlerRun, Histories } from "./history/histories.ts";
import { endsWithin } from "./history/process-lives.ts";

/** The handlers' budget; when it is used up they are told to stop. */
const BUDGET_MS = 2_000;
/** By then, a worker that was told to end has done so or is killed. */
const TERM_LIMIT_MS = 10_000;

/** Whether a run used up its time. */
export function wasTimeUp({ at, endedAt }: HandlerRun): boolean {
  return endedAt !== undefined && endedAt - at >= BUDGET_MS - TOLERANCE_MS;
}

/** Whether a run's process ended soon after it, as happens in a shutdown. */
export function wasShutDown({ pid, endedAt }: HandlerRun, histories: Histories): boolean {
  return endedAt !== undefined && endsWithin(histories, pid, { from: endedAt, until: endedAt + TERM_LIMIT_MS });
}
