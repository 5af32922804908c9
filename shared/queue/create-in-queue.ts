import { type Deadline, pause } from "../runtime/deadline.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import { codeOf } from "./cloud-tasks-calls.ts";
import type { CreateResult, NewQueuedTask, TaskQueue } from "./task-queue.ts";

/** The result of creating a task, after as many tries as were useful. */
export type Created =
  | Exclude<CreateResult, { readonly kind: "exists" }>
  /** `maybeOurs`: the response to an earlier try was lost, so that try may have created it. */
  | { readonly kind: "exists"; readonly maybeOurs: boolean };

const TRY_TIMEOUT_MS = 3_000;
/** For all tries together, with the pauses. */
const TOTAL_TIMEOUT_MS = 10_000;

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_000;

/**
 * Creates a task, and tries again if the response is lost. All tries use the same name, so they create one task,
 * however many arrive:
 *
 *     CreateTask ──▶ applied, response lost        CreateTask ──▶ lost
 *     CreateTask ──▶ ALREADY_EXISTS: maybe ours    CreateTask ──▶ created
 *
 * @param signal fires when the caller has gone, and ends the tries.
 */
export async function createInQueue(
  task: NewQueuedTask,
  { queue, clock, log }: { readonly queue: TaskQueue; readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<Created> {
  const untilMs = clock.monotonic() + TOTAL_TIMEOUT_MS;
  for (let lost = 0; ; lost++) {
    const timeoutMs = Math.min(TRY_TIMEOUT_MS, untilMs - clock.monotonic());
    const result = await queue.create(task, { clock, timeoutMs, signal });
    if (result.kind !== "unclear") return lost === 0 ? certain(result) : afterLostTries(result);

    log.warn(
      { taskId: task.envelope.id, try: lost + 1, code: codeOf(result.cause) },
      "the response to CreateTask was lost",
    );
    const wait: Deadline = { clock, timeoutMs: pauseMs(lost), signal };
    if (signal.aborted || clock.monotonic() + wait.timeoutMs >= untilMs) return result;
    await pause(wait);
    if (signal.aborted) return result;
  }
}

type Responded = Exclude<CreateResult, { readonly kind: "unclear" }>;

function certain(result: Responded): Created {
  return result.kind === "exists" ? { kind: "exists", maybeOurs: false } : result;
}

/** A refusal says nothing about earlier tries: one of them may have created the task. */
function afterLostTries(result: Responded): Created {
  switch (result.kind) {
    case "created":
      return result;
    case "exists":
      return { kind: "exists", maybeOurs: true };
    case "throttled":
    case "no-queue":
      return { kind: "unclear", cause: new Error(`A response was lost, and the next try ended in: ${result.kind}.`) };
  }
}

/** Doubles each time. Half of it is random, so that callers that fail together don't retry together. */
function pauseMs(lost: number): number {
  const fullMs = Math.min(FIRST_PAUSE_MS * 2 ** lost, MAX_PAUSE_MS);
  return fullMs * (0.5 + Math.random() / 2);
}
