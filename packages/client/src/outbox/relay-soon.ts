import type { Clock } from "../../../../shared/runtime/clock.ts";
import { cancelAtDeadline } from "../../../../shared/runtime/deadline.ts";
import type { ProducerAddress } from "../producer.ts";

/** How long the caller of a commit waits for its tasks to be enqueued, in milliseconds. */
const RELAY_LIMIT_MS = 300;

/** How many entries a request may name. */
const ENTRIES_PER_REQUEST = 100;

/**
 * Asks the producer to enqueue tasks that were just committed, and waits at most 300 ms: on Cloud Run, work that isn't
 * awaited stops with the response. Never rejects. Tasks that this misses are enqueued by the trigger or the tick.
 */
export async function relaySoon(producer: ProducerAddress, entryIds: readonly string[], clock: Clock): Promise<void> {
  if (entryIds.length === 0) return;
  try {
    await cancelAtDeadline({ clock, timeoutMs: RELAY_LIMIT_MS }, async (signal) => {
      await Promise.all(inParts(entryIds).map((ids) => relay(producer, ids, signal)));
    });
  } catch {
    // The entries are committed, so they are enqueued anyway.
  }
}

async function relay(producer: ProducerAddress, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const request = { method: "POST", path: "/v1/outbox/relay", body: JSON.stringify({ ids }), signal } as const;
  const response = await producer.send(request);
  await response.body?.cancel();
}

function inParts(ids: readonly string[]): readonly string[][] {
  const parts = Math.ceil(ids.length / ENTRIES_PER_REQUEST);
  return Array.from({ length: parts }, (_, part) =>
    ids.slice(part * ENTRIES_PER_REQUEST, (part + 1) * ENTRIES_PER_REQUEST),
  );
}
