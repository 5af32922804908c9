import type { QueryDocumentSnapshot } from "@google-cloud/firestore";
import type { Problem } from "../../../shared/http/problem.ts";
import { atOnce } from "../../../shared/outbox/at-once.ts";
import type { LetterFilter, LetterPlace } from "../../../shared/records/letters/dead-letter-queries.ts";
import { failureProblem } from "../http/failures.ts";
import type { Producer } from "../producer.ts";
import type { ReplayRequest } from "./decide-replay.ts";
import { placeOf, readPage } from "./letter-reads.ts";
import { replayProblem } from "./replay-problems.ts";
import { type ReplayingProducer, replay, tryReplay } from "./replay.ts";

/** How many letters are replayed at once. Each has its payload in memory, several times. */
const AT_ONCE = 5;

/** For how long letters are begun, in milliseconds. The last ones take a few seconds more, and Cloud Run ends a request at 60. */
const REPLAY_MS = 25_000;

/** Letters to replay. */
export interface PageRequest {
  readonly filter: LetterFilter;
  /** At most so many. */
  readonly limit: number;
  /** The last letter of the page before; null for the first page. */
  readonly after: LetterPlace | null;
  /** Whether to tell only what would be done. */
  readonly isDry: boolean;
  readonly request: ReplayRequest;
}

/** What became of a letter. */
export interface ReplayedItem {
  readonly id: string;
  readonly outcome: "replayed" | "would-replay" | "skipped" | "failed";
  readonly replayedAs?: string;
  readonly problem?: Problem;
}

export interface ReplayedPage {
  readonly items: readonly ReplayedItem[];
  /** Where the next page begins; null if there are no more. */
  readonly next: LetterPlace | null;
}

/**
 * Replays a page of letters, each by a commit of its own, so that it may be broken off and asked for again at any time. Those
 * that fail are passed by: the next page begins behind them.
 *
 * @param signal ends it early. What was begun is finished.
 * @throws DependencyError if the page can't be read.
 */
export async function replayPage(
  { filter, limit, after, ...on }: PageRequest,
  producer: ReplayingProducer,
  signal: AbortSignal,
): Promise<ReplayedPage> {
  const { clock } = producer;
  const startMs = clock.monotonic();
  const { letters, next } = await readPage(filter, { limit, after, fields: [] }, producer);
  const begun: QueryDocumentSnapshot[] = [];
  const items = new Map<string, ReplayedItem>();
  // Once time is up it stays so, so that those that were begun are the first ones.
  const hasTime = (): boolean => begun.length === 0 || (!signal.aborted && clock.monotonic() - startMs < REPLAY_MS);
  await atOnce(letters, AT_ONCE, async (letter) => {
    if (!hasTime()) return;
    begun.push(letter);
    items.set(letter.id, await replayItem(letter.id, on, producer));
  });
  const last = begun.at(-1);
  return {
    items: begun.flatMap(({ id }) => items.get(id) ?? []),
    next: last && begun.length < letters.length ? placeOf(last) : next,
  };
}

async function replayItem(
  id: string,
  { isDry, request }: Pick<PageRequest, "isDry" | "request">,
  producer: ReplayingProducer & Pick<Producer, "log">,
): Promise<ReplayedItem> {
  try {
    const replayed = isDry ? await tryReplay(id, request, producer) : await replay(id, request, producer);
    switch (replayed.kind) {
      case "accepted":
        return { id, outcome: "replayed", replayedAs: replayed.id };
      case "replayable":
        return { id, outcome: "would-replay" };
      // Somebody else was faster.
      case "replayed":
        return { id, outcome: "skipped", replayedAs: replayed.id };
      case "unknown":
        return { id, outcome: "skipped" };
      default:
        return { id, outcome: "failed", problem: replayProblem(replayed) };
    }
  } catch (error) {
    return { id, outcome: "failed", problem: failureProblem(error, producer.log) };
  }
}
