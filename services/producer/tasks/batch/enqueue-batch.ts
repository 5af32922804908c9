import type { SpanContext } from "@opentelemetry/api";
import { forEachConcurrently } from "../../../../shared/process/for-each-concurrently.ts";
import type { Problem } from "../../../../shared/http/problem.ts";
import { CALLER_GONE, failureProblem } from "../../http/failures.ts";
import type { Producer } from "../../producer.ts";
import { enqueueInSpan } from "../enqueue-in-span.ts";
import { type EnqueueResult, enqueueResult } from "../enqueue-response.ts";
import type { ReadTask } from "../requested-task.ts";

/** How many tasks of a batch are enqueued at once. */
const CONCURRENCY = 50;

/**
 * How long enqueuing goes on, in milliseconds. A task that has begun by then takes at most 16 s more, for look-ups and its
 * queue, and Cloud Run ends the request after 60 s.
 */
const MAX_MS = 40_000;

const OUT_OF_TIME: Problem = {
  status: 503,
  title: "Service unavailable",
  code: "out-of-time",
  detail: "The batch took too long before this task's turn came, and nothing was done for it. Repeat it later.",
};

/**
 * Enqueues the tasks of a batch, some at once, each as a request for it alone would have been.
 *
 * @returns a result for each task, in their order; undefined if the caller has gone before all were enqueued.
 */
export async function enqueueBatch(
  tasks: readonly ReadTask[],
  parent: SpanContext | undefined,
  on: { readonly producer: Producer; readonly signal: AbortSignal },
): Promise<readonly EnqueueResult[] | undefined> {
  const { clock } = on.producer;
  const untilMs = clock.monotonic() + MAX_MS;
  const results = new Map<number, EnqueueResult>();
  await forEachConcurrently([...tasks.entries()], CONCURRENCY, async ([index, read]) => {
    if (on.signal.aborted) return;
    const isLate = clock.monotonic() >= untilMs;
    results.set(index, isLate ? { kind: "problem", problem: OUT_OF_TIME } : await enqueueOne(read, parent, on));
  });
  const inOrder = tasks.flatMap((_, index) => results.get(index) ?? []);
  return on.signal.aborted ? undefined : inOrder;
}

async function enqueueOne(
  read: ReadTask,
  parent: SpanContext | undefined,
  on: { readonly producer: Producer; readonly signal: AbortSignal },
): Promise<EnqueueResult> {
  if (read.kind === "refused") return { kind: "problem", problem: read.problem };
  try {
    return enqueueResult(await enqueueInSpan(read.task, parent, on));
  } catch (error) {
    // What fails then is work that was given up because nobody is waiting for it.
    if (on.signal.aborted) return { kind: "problem", problem: CALLER_GONE };
    return { kind: "problem", problem: failureProblem(error, on.producer.log) };
  }
}
