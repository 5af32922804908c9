import { MAX_HOP_MS } from "../contract/backoff.ts";
import { type SealedEnvelope, sealText } from "../contract/envelope.ts";
import type { NewTask } from "../records/transition.ts";

/** The envelope for an entry's task, which is put into its queue at `nowMs`, in milliseconds since the epoch. */
export function sealEntry({ entry, payloadHash }: NewTask, nowMs: number): SealedEnvelope {
  const { taskId, type, payloadJson, enqueuedAt, notBefore, hop, caller, parentId, replayOf, traceparent, later } =
    entry;
  const told = { caller, parentId, replayOf, traceparent, later };
  return sealText({
    id: taskId,
    type,
    payload: { json: payloadJson, hash: payloadHash },
    enqueuedAtMs: Date.parse(enqueuedAt),
    hopAt: new Date(nowMs).toISOString(),
    ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore).toISOString() }),
    ...(hop === 0 ? {} : { hop }),
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
  });
}

/**
 * When Cloud Tasks should deliver an entry's task, in milliseconds since the epoch; undefined: at once. A task that is
 * due later than Cloud Tasks can hold it is delivered early, and hops.
 */
export function dueTime({ entry }: Pick<NewTask, "entry">, nowMs: number): number | undefined {
  const dueMs = entry.notBefore === undefined ? nowMs : Date.parse(entry.notBefore);
  return dueMs > nowMs ? Math.min(dueMs, nowMs + MAX_HOP_MS) : undefined;
}
