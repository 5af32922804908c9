import type { BrokenPromise } from "./broken-promise.ts";
import { claimOf } from "./claims.ts";
import { TOLERANCE_MS } from "./endings.ts";
import type { HandlerRun, Histories, TaskHistory } from "./history/histories.ts";
import { type LossReason, reasonOfLoss } from "./history/lost-ends.ts";
import { wasShutDown, wasTimeUp } from "./stops.ts";

/** Why a claimed task's handler ran again. */
export type Reason =
  /** The run before said that it failed: it threw, or asked for another. */
  | "it failed"
  /** It had sent its effect, and threw since it heard no answer in time. */
  | "effect unanswered"
  /** It was told to stop, its time or its process's being up, and did. */
  | "told to stop"
  /** Its end was never recorded, and its lease ran out. */
  | LossReason;

/** A run beyond a task's first. */
export interface Repeat {
  readonly n: number;
  /** Undefined when nothing explains it. */
  readonly reason: Reason | undefined;
  /** Whether the run before it had had its effect, by its own account or the receiver's. */
  readonly afterEffect: boolean;
}

/** Handlers of the chaos fail before their effect or not at all. */
const NO_REASON_AFTER_AN_EFFECT: Reason = "it failed";

/** Every run of a claimed task's handler beyond its first, explained. */
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

/** How often receivers were sent an effect that they had been sent before. */
export function countSentAgain({ tasks }: Histories): number {
  return tasks.reduce((sum, { received }) => sum + Math.max(0, received.length - 1), 0);
}

/** Handlers of claimed tasks run again only for a reason, and after their effect only when something cut them off. */
export function checkRepeats(repeats: readonly Repeat[]): BrokenPromise[] {
  return repeats
    .filter(({ reason, afterEffect }) => reason === undefined || (afterEffect && reason === NO_REASON_AFTER_AN_EFFECT))
    .map(({ n }) => ({ promise: "claimed tasks run again only for a reason", n, what: "ran again without one" }));
}

/** What the record says became of a run's claim decides what has to be found. */
function explain(
  task: TaskHistory,
  { run, next }: { readonly run: HandlerRun; readonly next: HandlerRun },
  histories: Histories,
): Reason | undefined {
  const claim = claimOf(run, task, histories);
  if (!claim) return undefined;
  const { after, leaseEndsAt } = claim;
  if (after?.text("state") === "waiting") return reasonOfFailure(run, after.at, histories);
  const isTakenOver = after?.text("state") === "running" && next.at >= leaseEndsAt;
  return isTakenOver ? reasonOfLoss({ task, run, next, leaseEndsAt }, histories) : undefined;
}

/** A run whose end was recorded as one to go on from. A record that is ahead of its handler settles one at work. */
function reasonOfFailure(run: HandlerRun, recordedAt: number, histories: Histories): Reason | undefined {
  const { endedAt, how } = run;
  if (endedAt === undefined || endedAt > recordedAt + TOLERANCE_MS) return undefined;
  switch (how) {
    case "threw":
    case "retry":
    case "saturated":
      return "it failed";
    case "unanswered":
      return "effect unanswered";
    case "stopped":
      return wasTimeUp(run) || wasShutDown(run, histories) ? "told to stop" : undefined;
    default:
      return undefined;
  }
}
