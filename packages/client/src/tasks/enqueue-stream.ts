import type { BatchResult } from "../client.ts";
import type { Connection } from "../http/connection.ts";
import type { NewTask } from "../task-types.ts";
import { batchesOf } from "./batches.ts";
import { sendBatch } from "./send-batch.ts";

/** How many batches are sent at once: while the producer handles one, the next is read and sent. */
const BATCHES_AT_ONCE = 2;

type Sent =
  | { readonly kind: "sent"; readonly results: readonly BatchResult[] }
  | { readonly kind: "failed"; readonly error: unknown };

/**
 * Enqueues tasks in batches, and yields a result for each, in order. If reading the tasks or sending a batch fails, the
 * results of earlier batches are yielded first.
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
    // Nothing can end a wait for tasks, and they may never arrive.
    const isAborted = ended.aborted;
    // A consumer that stops reading results wants no more of them.
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

/** Reads the next batch, until the signal fires. */
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
