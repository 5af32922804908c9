import type { Client } from "../../../../../packages/client/src/client.ts";
import { HandoffError, UnreachableError } from "../../../../../packages/client/src/errors.ts";
import type { LetterFilter, ReplayPage } from "../../../../../packages/client/src/views/dead-letter.ts";
import type { Clock } from "../../../../../shared/runtime/clock.ts";

/** The letters replayed within the time that a person waits. */
export interface ReplayedPages {
  readonly replayed: number;
  readonly skipped: number;
  /** The letters that were not replayed, or for which that is unknown. */
  readonly failed: readonly ReplayPage["items"][number][];
  /** Where to continue; undefined at the beginning. */
  readonly cursor: string | undefined;
  /** Whether there are more letters after the cursor. */
  readonly isMore: boolean;
  /** Why the replay stopped early. One page's letters may have been replayed nevertheless. */
  readonly stoppedBy?: string;
}

/** How many letters a call replays: few, so that the replay can stop between calls. */
const LETTERS_PER_CALL = 50;

/** How many failures a page shows. This many end a step. */
const MAX_FAILED = 100;

/** No call begins after this many milliseconds. */
const BEGIN_MS = 20_000;

/** How long all calls together may take, in milliseconds. */
const ALL_MS = 30_000;

/**
 * Replays the open letters that match, page by page, until there are no more, many have failed, or time is up.
 *
 * @param request.cursor where an earlier request stopped; undefined to begin.
 * @throws HandoffError if the producer refuses the request.
 */
export async function replayPages(
  request: { readonly filter: LetterFilter; readonly cursor: string | undefined },
  { deadLetters }: Pick<Client, "deadLetters">,
  clock: Pick<Clock, "monotonic">,
): Promise<ReplayedPages> {
  const untilMs = clock.monotonic() + BEGIN_MS;
  const signal = AbortSignal.timeout(ALL_MS);
  let done: ReplayedPages = { replayed: 0, skipped: 0, failed: [], cursor: request.cursor, isMore: true };
  try {
    for await (const page of deadLetters.replayAll({ ...request, limit: LETTERS_PER_CALL }, { signal })) {
      done = {
        replayed: done.replayed + page.replayed,
        skipped: done.skipped + page.skipped,
        failed: [...done.failed, ...page.items.filter(({ outcome }) => outcome === "failed")],
        cursor: page.nextCursor ?? done.cursor,
        isMore: page.nextCursor !== undefined,
      };
      if (clock.monotonic() >= untilMs || done.failed.length >= MAX_FAILED) break;
    }
    return done;
  } catch (error) {
    return { ...done, stoppedBy: reasonOf(error, signal) };
  }
}

/** @throws the error itself if another call would fail in the same way. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof UnreachableError) return error.message;
  if (error instanceof HandoffError && (error.status >= 500 || error.status === 429)) {
    return error.problem?.detail ?? error.message;
  }
  if (signal.aborted) return "The producer took too long to respond.";
  throw error;
}
