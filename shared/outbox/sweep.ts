import { forEachConcurrently } from "../process/for-each-concurrently.ts";
import type { ListedEntry } from "./outbox-store.ts";
import { ENTRIES_PER_PAGE } from "./outbox-queries.ts";
import { PUT_OFF_MS, relaySafely } from "./relay-safely.ts";
import type { Relay, Relayed } from "./relay.ts";

/** How many entries are relayed at once. */
const CONCURRENCY = 50;

/** Younger entries are left to their writer and the trigger. In milliseconds. */
const MIN_AGE_MS = 10_000;

/** How long one entry may take, in milliseconds. */
const ENTRY_MS = 4_000;

/** How long the last query may take after time is up, in milliseconds. */
const LAST_LOOK_MS = 1_000;

/** How many entries had each result. */
type Counts = Record<Exclude<Relayed, "missing">, number>;

/** The result of a sweep. */
export type Swept = Readonly<Counts> & {
  /** Whether it reached every entry that was due. */
  readonly isComplete: boolean;
  /**
   * The age of the oldest remaining entry, in milliseconds, by Firestore's clock; 0 if none remains. Postponing doesn't
   * reset an entry's age, but the entry counts only when it is due, or due first.
   */
  readonly oldestEntryAgeMs: number;
};

interface Sweep {
  readonly relay: Relay;
  readonly untilMs: number;
  readonly counts: Counts;
  /** When the oldest remaining entry was created. */
  oldestMs: number;
}

/**
 * Relays every entry that is due, the oldest first. An entry that fails is postponed, so that it blocks no other. Two
 * sweeps at once are harmless.
 *
 * @param untilMs when to stop, in milliseconds since the epoch.
 * @throws RecordStoreError when the entries can't be listed.
 */
export async function sweepOutbox(relay: Relay, untilMs: number): Promise<Swept> {
  const counts: Counts = { relayed: 0, dropped: 0, refused: 0, changed: 0, postponed: 0, failed: 0 };
  const sweep: Sweep = { relay, untilMs, counts, oldestMs: Infinity };
  const isComplete = await relayDue(sweep);
  const readTimeMs = await relayUntimed(sweep);
  return { ...counts, isComplete, oldestEntryAgeMs: Math.max(0, readTimeMs - sweep.oldestMs) };
}

/** Relays the entries that are due. False if time ran out first. */
async function relayDue(sweep: Sweep): Promise<boolean> {
  const { relay, untilMs } = sweep;
  const seen = new Set<string>();
  while (hasTime(sweep)) {
    const page = await relay.outbox.due(relay.clock.now() - MIN_AGE_MS, untilMs);
    // An entry that couldn't even be postponed is still due.
    const fresh = page.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    await forEachConcurrently(fresh, CONCURRENCY, (entry) => relayOne(entry, sweep));
    if (page.length < ENTRIES_PER_PAGE || fresh.length === 0) return hasTime(sweep) && fresh.length === page.length;
  }
  return false;
}

/**
 * Relays the entries whose `relayAt` isn't a time, for example because somebody wrote a number. They sort before all
 * others. Resolves with Firestore's time at the end.
 */
async function relayUntimed(sweep: Sweep): Promise<number> {
  const { relay, untilMs } = sweep;
  const seen = new Set<string>();
  for (;;) {
    const { entry, readTimeMs } = await relay.outbox.first(Math.max(untilMs, relay.clock.now() + LAST_LOOK_MS));
    if (!entry || entry.isTimed || seen.has(entry.id) || !hasTime(sweep)) {
      if (entry) leave(entry, sweep);
      return readTimeMs;
    }
    seen.add(entry.id);
    await relayOne(entry, sweep);
  }
}

async function relayOne(entry: ListedEntry, sweep: Sweep): Promise<void> {
  const { relay, counts } = sweep;
  if (!hasTime(sweep)) return leave(entry, sweep);
  const end = await relaySafely(entry.id, relay, relay.clock.now() + ENTRY_MS);
  if (end === "postponed" || end === "failed") leave(entry, sweep);
  if (end !== "missing") counts[end]++;
}

function leave({ createdAtMs }: ListedEntry, sweep: Sweep): void {
  sweep.oldestMs = Math.min(sweep.oldestMs, createdAtMs);
}

/** Whether there is time for one more entry. */
function hasTime({ relay, untilMs }: Sweep): boolean {
  return relay.clock.now() + ENTRY_MS + PUT_OFF_MS <= untilMs;
}
