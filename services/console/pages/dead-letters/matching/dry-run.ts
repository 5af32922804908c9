import type { Client } from "../../../../../packages/client/src/client.ts";
import type { LetterFilter } from "../../../../../packages/client/src/views/dead-letter.ts";
import type { Clock } from "../../../../../shared/runtime/clock.ts";

/** What a replay by filter would do, for the letters that were counted. */
export interface DryRun {
  /** How many letters would become tasks. */
  readonly replayable: number;
  /** Why others would not, with the letters concerned. */
  readonly failing: readonly Failing[];
  /** Whether all letters were counted. */
  readonly isComplete: boolean;
}

export interface Failing {
  readonly code: string;
  readonly detail: string;
  readonly ids: readonly string[];
}

/** How many letters are counted at most. Each costs a read and the checks of a replay. */
export const MAX_COUNTED = 1_000;

/** No page is requested after this many milliseconds. */
const BEGIN_MS = 10_000;

/**
 * Asks the producer what a replay of up to 1,000 letters would do.
 *
 * @throws HandoffError, UnreachableError if a page can't be fetched.
 */
export async function tryReplayAll(
  filter: LetterFilter,
  { deadLetters }: Pick<Client, "deadLetters">,
  clock: Pick<Clock, "monotonic">,
): Promise<DryRun> {
  const untilMs = clock.monotonic() + BEGIN_MS;
  const failing = new Map<string, { code: string; detail: string; ids: string[] }>();
  let replayable = 0;
  for await (const { items, nextCursor } of deadLetters.replayAll({ filter, dryRun: true, most: MAX_COUNTED })) {
    for (const { id, outcome, problem } of items) {
      if (outcome === "would-replay") replayable += 1;
      if (outcome !== "failed" || !problem) continue;
      const { code, detail = problem.title } = problem;
      const known = failing.get(code) ?? { code, detail, ids: [] };
      failing.set(code, { ...known, ids: [...known.ids, id] });
    }
    if (nextCursor === undefined) return { replayable, failing: [...failing.values()], isComplete: true };
    if (clock.monotonic() >= untilMs) break;
  }
  return { replayable, failing: [...failing.values()], isComplete: false };
}
