import { type Deadline, pause } from "../runtime/deadline.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Logger } from "../runtime/log.ts";
import type { CreateResult, NewQueuedTask, TaskQueue } from "./task-queue.ts";

/** What came of creating a task, repeated where that could help. */
export type Created =
  | Exclude<CreateResult, { readonly kind: "exists" }>
  /** `maybeOurs`: an earlier try of this very request lost its answer, so it may have been the one. */
  | { readonly kind: "exists"; readonly maybeOurs: boolean };

/** One try may take this long, and all of them together, pauses included, this. */
const TRY_TIMEOUT_MS = 3_000;
const ALL_TRIES_MS = 10_000;

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Creates a task, repeating a try whose answer was lost. All tries use one name, so however many of them arrive, there
 * is one task:
 *
 *     CreateTask ──▶ applied, answer lost          CreateTask ──▶ lost
 *     CreateTask ──▶ ALREADY_EXISTS: maybe ours    CreateTask ──▶ created
 *
 * @param signal the caller has gone: no more tries.
 */
export async function createInQueue(
  task: NewQueuedTask,
  { queue, clock, log }: { readonly queue: TaskQueue; readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<Created> {
  const untilMs = clock.now() + ALL_TRIES_MS;
  for (let lost = 0; ; lost++) {
    const timeoutMs = Math.min(TRY_TIMEOUT_MS, untilMs - clock.now());
    const result = await queue.create(task, { clock, timeoutMs, signal });
    if (result.kind !== "unclear") return lost === 0 ? certain(result) : afterLostTries(result);

    log.warn({ taskId: task.id, try: lost + 1, code: codeOf(result.cause) }, "the answer to CreateTask was lost");
    const wait: Deadline = { clock, timeoutMs: pauseMs(lost), signal };
    if (signal.aborted || clock.now() + wait.timeoutMs >= untilMs) return result;
    await pause(wait);
    if (signal.aborted) return result;
  }
}

type Answered = Exclude<CreateResult, { readonly kind: "unclear" }>;

function certain(result: Answered): Created {
  return result.kind === "exists" ? { kind: "exists", maybeOurs: false } : result;
}

/** A refusal says nothing about the tries before it: one of them may have created the task. */
function afterLostTries(result: Answered): Created {
  switch (result.kind) {
    case "created":
      return result;
    case "exists":
      return { kind: "exists", maybeOurs: true };
    case "throttled":
    case "no-queue":
      return { kind: "unclear", cause: new Error(`A try was lost, and the next one was answered: ${result.kind}.`) };
  }
}

/** Doubles, with half of it left to chance, so that callers that failed together don't return together. */
function pauseMs(lost: number): number {
  const fullMs = Math.min(FIRST_PAUSE_MS * 2 ** lost, LONGEST_PAUSE_MS);
  return fullMs * (0.5 + Math.random() / 2);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
