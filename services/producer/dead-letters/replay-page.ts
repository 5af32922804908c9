import type { QueryDocumentSnapshot } from "@google-cloud/firestore";
import type { Problem } from "../../../shared/http/problem.ts";
import { forEachConcurrently } from "../../../shared/process/for-each-concurrently.ts";
import type { LetterFilter, LetterPlace } from "../../../shared/records/letters/dead-letter-queries.ts";
import { failureProblem } from "../http/failures.ts";
import type { Producer } from "../producer.ts";
import type { ReplayRequest } from "./decide-replay.ts";
import { placeOf, readPage } from "./letter-reads.ts";
import { replayProblem } from "./replay-problems.ts";
import { type ReplayingProducer, replay, tryReplay } from "./replay.ts";

/** How many letters are replayed at once. Each has several copies of its payload in memory. */
const CONCURRENCY = 5;

/** No letter is begun after this, in milliseconds. The last ones take a few seconds, and Cloud Run allows 60. */
const REPLAY_MS = 25_000;

/** The letters to replay. */
export interface PageRequest {
  readonly filter: LetterFilter;
  /** The most letters to replay. */
  readonly limit: number;
  /** The last letter of the page before; null for the first page. */
  readonly after: LetterPlace | null;
  /** Whether to only report what would be done. */
  readonly isDry: boolean;
  readonly request: ReplayRequest;
}

/** The result for a letter. */
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
 * Replays a page of letters, each in its own commit, so that it can be interrupted and repeated at any time.
 * Letters that fail are skipped: the next page begins after them.
 *
 * @param signal ends it early. Letters that were begun are finished.
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
  // Once time is up it stays up, so that the letters that were begun are the first ones.
  const hasTime = (): boolean => begun.length === 0 || (!signal.aborted && clock.monotonic() - startMs < REPLAY_MS);
  await forEachConcurrently(letters, CONCURRENCY, async (letter) => {
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
      // Another request was faster.
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
