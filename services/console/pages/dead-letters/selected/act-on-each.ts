import { HandoffError, UnreachableError } from "../../../../../packages/client/src/errors.ts";
import type { Clock } from "../../../../../shared/runtime/clock.ts";

/** A letter that the person has selected. */
export interface SelectedLetter {
  readonly id: string;
  /** The version that the person saw; undefined if the producer doesn't return one. */
  readonly version: string | undefined;
}

/** The result for one letter. */
export type LetterOutcome =
  /** `now`: its present state, such as the task that replays it. */
  | { readonly kind: "done"; readonly now?: string }
  /** It was done already, by somebody else or by a try of this request whose response was lost. */
  | { readonly kind: "done-before"; readonly now: string }
  /** The letter no longer exists. */
  | { readonly kind: "gone" }
  /** Nothing was done. */
  | { readonly kind: "refused"; readonly why: string }
  /** It may or may not have been done. */
  | { readonly kind: "unclear"; readonly why: string }
  /** It wasn't begun. */
  | { readonly kind: "left" };

export type ActedOn = Extract<LetterOutcome, { kind: "done" | "done-before" }>;

/** How many letters are handled at once. */
const CONCURRENCY = 5;

/** No letter is begun after this many milliseconds: the person is waiting, and the last ones take some seconds more. */
export const BEGIN_MS = 20_000;

/**
 * Acts on each letter with a separate call, until time is up or the producer can't be reached.
 *
 * @returns the result for each letter, in order.
 * @throws HandoffError if the person may not do it at all.
 */
export async function actOnEach(
  letters: readonly SelectedLetter[],
  act: (letter: SelectedLetter) => Promise<ActedOn>,
  clock: Pick<Clock, "monotonic">,
): Promise<LetterOutcome[]> {
  const untilMs = clock.monotonic() + BEGIN_MS;
  const outcomes = letters.map((): LetterOutcome => ({ kind: "left" }));
  let isReached = true;
  const waiting = letters.entries();
  const actOnNext = async (): Promise<void> => {
    for (const [at, letter] of waiting) {
      if (!isReached || clock.monotonic() >= untilMs) return;
      try {
        outcomes[at] = await act(letter);
      } catch (error) {
        outcomes[at] = outcomeOf(error);
        if (error instanceof UnreachableError) isReached = false;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, actOnNext));
  return outcomes;
}

/** The status if a letter doesn't exist. */
const NOT_FOUND = 404;
/** The person may not do it with any letter. */
const FORBIDDEN = 403;

function outcomeOf(error: unknown): LetterOutcome {
  if (error instanceof UnreachableError) return { kind: "unclear", why: error.message };
  if (!(error instanceof HandoffError) || error.status === FORBIDDEN) throw error;
  if (error.status === NOT_FOUND) return { kind: "gone" };
  const why = error.problem?.detail ?? error.message;
  return error.status >= 500 ? { kind: "unclear", why } : { kind: "refused", why };
}
