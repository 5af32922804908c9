import type { EntryDocument, OutboxStore } from "./outbox-store.ts";

const FIRST_DELAY_MS = 10_000;
const MAX_DELAY_MS = 10 * 60_000;

/**
 * Postpones an entry, twice as long each time, so that it blocks no other. The delay counts from when it was read by
 * Firestore's clock, since the instance's may be wrong.
 *
 * @returns false if it has changed since it was read.
 * @throws RecordStoreError when Firestore fails.
 */
export async function postpone(
  document: EntryDocument,
  { outbox }: { readonly outbox: OutboxStore },
  untilMs: number,
): Promise<boolean> {
  const tries = triesOf(document.get("tries"));
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** tries, MAX_DELAY_MS);
  return await outbox.postpone(document, { atMs: document.readTime.toMillis() + delayMs, tries: tries + 1 }, untilMs);
}

/** How many times an entry was postponed. The field may hold any value. */
function triesOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value + 1) && value >= 0 ? value : 0;
}
