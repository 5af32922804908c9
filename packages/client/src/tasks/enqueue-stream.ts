import type { BatchResult } from "../client.ts";
import type { Connection } from "../http/connection.ts";
import type { NewTask } from "../task-types.ts";
import { batchesOf } from "./batches.ts";
import { sendBatch } from "./send-batch.ts";

/** How many batches are sent at once: while the producer works at one, the next is read and sent. */
const BATCHES_AT_ONCE = 2;

type Sent =
  | { readonly kind: "sent"; readonly results: readonly BatchResult[] }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Enqueues tasks in batches, and yields a result for each, in order. When the tasks can't be read to their end, or a batch
 * fails, the results of what was sent before come first.
 */
export async function* enqueueStream(
  connection: Connection,
  tasks: AsyncIterable<NewTask> | Iterable<NewTask>,
  { signal }: { readonly signal?: AbortSignal | undefined },
): AsyncGenerator<BatchResult> {
  const abandoned = new AbortController();
  const ended = signal ? AbortSignal.any([signal, abandoned.signal]) : abandoned.signal;
  const batches = batchesOf(tasks);
  const sending: Promise<Sent>[] = [];
  let isRead = false;
  try {
    for (;;) {
      while (!isRead && sending.length < BATCHES_AT_ONCE) {
        const read = await readNext(batches, ended);
        if (read.kind === "batch") sending.push(settle(sendBatch(connection, read.items, ended)));
        else {
          isRead = true;
          if (read.kind === "failed") sending.push(Promise.resolve(read));
        }
      }
      const sent = await sending.shift();
      if (!sent) return;
      if (sent.kind === "failed") throw sent.error;
      yield* sent.results;
    }
  } finally {
    // Tasks that are still waited for can't be told, and may never come.
    const isAborted = ended.aborted;
    // Whoever stops to read the results wants no more of them.
    abandoned.abort();
    const closed = batches.return(undefined);
    if (isAborted) closed.catch(() => {});
    else await closed;
  }
}

async function settle(sending: Promise<readonly BatchResult[]>): Promise<Sent> {
  try {
    return { kind: "sent", results: await sending };
  } catch (error) {
    return { kind: "failed", error };
  }
}

/** Reads the next batch, for as long as the signal lets it. */
async function readNext(batches: ReturnType<typeof batchesOf>, signal: AbortSignal) {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const { done, value } = await Promise.race([batches.next(), aborted]);
    return done === true ? { kind: "end" as const } : { kind: "batch" as const, items: value };
  } catch (error) {
    return { kind: "failed" as const, error };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
