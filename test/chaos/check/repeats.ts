import type { BrokenPromise } from "./broken-promise.ts";
import { claimOf } from "./claims.ts";
import { TOLERANCE_MS, hopOf } from "./endings.ts";
import type { HandlerRun, Histories, TaskHistory } from "./history/histories.ts";
import { type LossReason, reasonOfLoss } from "./history/lost-ends.ts";
import { wasShutDown, wasTimeUp } from "./stops.ts";

/** Why a claimed task's handler ran again. */
export type Reason =
  /** The previous run failed: it threw, or asked for a retry. */
  | "it failed"
  /** It put the task off. */
  | "put off"
  /** It had sent its effect, then threw because no response came in time. */
  | "effect unanswered"
  /** It was told to stop, because its time or its process's was up, and did. */
  | "told to stop"
  /** Its end was never recorded, and its lease ran out. */
  | LossReason;

/** Any run of a task after the first. */
export interface Repeat {
  readonly n: number;
  /** Undefined when nothing explains it. */
  readonly reason: Reason | undefined;
  /** Whether the previous run had its effect, by its own account or the receiver's. */
  readonly afterEffect: boolean;
}

/** In chaos, handlers fail before their effect or not at all. */
const NO_REASON_AFTER_AN_EFFECT: Reason = "it failed";

/** Explains every run of a claimed task's handler after the first. */
export function explainRepeats(histories: Histories): Repeat[] {
  return histories.tasks
    .filter(({ kind }) => kind === "claim")
    .flatMap((task) =>
      task.runs.slice(1).map((next, index) => {
        const run = task.runs[index];
        return {
          n: task.n,
          reason: run && explain(task, { run, next }, histories),
          afterEffect: run !== undefined && hadEffect(run, task),
        };
      }),
    );
}

function hadEffect({ run, effectAt }: HandlerRun, { received }: TaskHistory): boolean {
  return effectAt !== undefined || received.some(({ body }) => body.run === run);
}

/** How often receivers were sent an effect that they had already been sent. */
export function countSentAgain({ tasks }: Histories): number {
  return tasks.reduce((sum, { received }) => sum + Math.max(0, received.length - 1), 0);
}

/** Handlers of claimed tasks run again only for a reason, and after their effect only when something cut them off. */
export function checkRepeats(repeats: readonly Repeat[]): BrokenPromise[] {
  return repeats
    .filter(({ reason, afterEffect }) => reason === undefined || (afterEffect && reason === NO_REASON_AFTER_AN_EFFECT))
    .map(({ n }) => ({ promise: "claimed tasks run again only for a reason", n, what: "ran again without one" }));
}

/** What the record says about the claim decides what kind of evidence must be found. */
function explain(
  task: TaskHistory,
  { run, next }: { readonly run: HandlerRun; readonly next: HandlerRun },
  histories: Histories,
): Reason | undefined {
  const claim = claimOf(run, task, histories);
  if (!claim) return undefined;
  const { claim: claimed, after, leaseEndsAt } = claim;
  // Its lease was over when somebody gave the task another time.
  const isMoved = after !== undefined && after.at >= leaseEndsAt && hopOf(after) > hopOf(claimed);
  if (after?.text("state") === "waiting" && !isMoved) return reasonOfFailure(run, after.at, histories);
  const isTakenOver = isMoved || (after?.text("state") === "running" && next.at >= leaseEndsAt);
  return isTakenOver ? reasonOfLoss({ task, run, next, leaseEndsAt }, histories) : undefined;
}

/** Why a run whose end was recorded led to another; undefined if it was settled while its handler still ran. */
function reasonOfFailure(run: HandlerRun, recordedAt: number, histories: Histories): Reason | undefined {
  const { endedAt, how } = run;
  if (endedAt === undefined || endedAt > recordedAt + TOLERANCE_MS) return undefined;
  switch (how) {
    case "threw":
    case "retry":
    case "saturated":
      return "it failed";
    case "snoozed":
      return "put off";
    case "unanswered":
      return "effect unanswered";
    case "stopped":
      return wasTimeUp(run) || wasShutDown(run, histories) ? "told to stop" : undefined;
    default:
      return undefined;
  }
}
