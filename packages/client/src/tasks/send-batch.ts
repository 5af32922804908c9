import { retryAfterMsOf } from "../../../../shared/http/retry-after.ts";
import type { BatchResult } from "../client.ts";
import { HandoffError } from "../errors.ts";
import type { Connection } from "../http/connection.ts";
import { type Item, batchText } from "./batches.ts";

/** How long one try may take, in milliseconds: the producer's own limit on a request. */
const TRY_MS = 60_000;

/** Items with one of these statuses are sent again with the same key. */
const TRIED_AGAIN: ReadonlySet<number> = new Set([429, 503]);

type ItemResult = Omit<BatchResult, "idempotencyKey">;

/**
 * Sends a batch. Items that the producer couldn't accept yet are sent again until no try is left.
 *
 * @throws HandoffError, UnreachableError or the signal's reason when a whole request fails.
 */
export async function sendBatch(
  connection: Connection,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<readonly BatchResult[]> {
  const results = new Map<Item, ItemResult>();
  const tries = connection.beginTries();
  let left = items;
  for (;;) {
    const { found, retryAfterMs } = await sendOnce(connection, left, signal);
    for (const [index, item] of left.entries()) results.set(item, found[index] ?? MISSING);
    left = left.filter((item) => TRIED_AGAIN.has(results.get(item)?.status ?? 0));
    if (left.length === 0 || !(await tries.next(retryAfterMs, signal))) break;
  }
  return items.map((item) => ({ ...(results.get(item) ?? MISSING), idempotencyKey: item.idempotencyKey }));
}

/** The result of an item that is missing from the response. */
const MISSING: ItemResult = {
  status: 502,
  problem: { status: 502, title: "No result", code: "unexpected-response", detail: "The response says nothing of it." },
};

async function sendOnce(connection: Connection, items: readonly Item[], signal: AbortSignal) {
  try {
    const { body, headers } = await connection.call<{ readonly results: readonly ItemResult[] }>({
      method: "POST",
      path: "/v1/tasks/batch",
      body: batchText(items),
      signal,
      tryMs: TRY_MS,
      shape: { results: "list" },
    });
    const nowMs = connection.surroundings.clock.now();
    return { found: body.results, retryAfterMs: retryAfterMsOf(headers.get("retry-after") ?? undefined, nowMs) };
  } catch (error) {
    // A task that is too large for any request fails on its own.
    const isTooLarge = error instanceof HandoffError && error.status === 413 && items.length === 1;
    if (!isTooLarge) throw error;
    const { status, problem } = error;
    return { found: [{ status, ...(problem ? { problem } : {}) }], retryAfterMs: undefined };
  }
}
