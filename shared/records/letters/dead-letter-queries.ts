import { type CollectionReference, FieldPath, type Query, Timestamp } from "@google-cloud/firestore";
import type { LetterStatus } from "./dead-letter.ts";

/** What letters of a status can be narrowed down by. Each has an index of its own, and Firestore merges those. */
export const LETTER_FILTERS = ["type", "queue", "code"] as const;

/** The letters of a status, or those of them that have a type, a queue, a code, or several of these, and died in a time. */
export type LetterFilter = { readonly status: LetterStatus } & {
  readonly [Field in (typeof LETTER_FILTERS)[number]]?: string | undefined;
} & {
  /** Inclusive. */
  readonly from?: Timestamp | undefined;
  /** Exclusive. */
  readonly to?: Timestamp | undefined;
};

/** A letter's place in a list: those that died at the same time come by their ids. */
export interface LetterPlace {
  readonly diedAt: Timestamp;
  readonly id: string;
}

type Letters = CollectionReference;

/** Before anything died. A letter whose `diedAt` isn't a time is none of ours, and would have no place in a list. */
const EARLIEST = new Timestamp(0, 0);

/**
 * The letters that a filter names; those that died last come first. The ids are sorted as `diedAt` is, so that the indexes
 * need nothing for them (https://firebase.google.com/docs/firestore/query-data/index-overview#default_ordering_and_the_name_field).
 */
export function lettersBy(letters: Letters, { status, from = EARLIEST, to, ...by }: LetterFilter): Query {
  const narrowed = LETTER_FILTERS.reduce<Query>(
    (query, field) => {
      const value = by[field];
      return value === undefined ? query : query.where(field, "==", value);
    },
    letters.where("status", "==", status),
  );
  const since = narrowed.where("diedAt", ">=", from);
  const within = to === undefined ? since : since.where("diedAt", "<", to);
  return within.orderBy("diedAt", "desc").orderBy(FieldPath.documentId(), "desc");
}

/** Which of a filter's letters to read, and what of them. */
export interface LetterPage {
  /** At most so many. */
  readonly limit: number;
  /** The last letter of the page before; null for the first page. */
  readonly after: LetterPlace | null;
  /** What of each letter. A payload can be large. */
  readonly fields: readonly string[];
}

/** A page of the letters that a filter names. It costs one read a letter, whichever page it is. */
export function pageBy(letters: Letters, filter: LetterFilter, { limit, after, fields }: LetterPage): Query {
  const page = lettersBy(letters, filter)
    .select(...fields)
    .limit(limit);
  return after === null ? page : page.startAfter(after.diedAt, after.id);
}

/** How many letters a page has of those that are completed. */
export const LETTERS_A_PAGE = 100;

/**
 * A page of all letters, by id, which needs no index. Only what their completion depends on is read: a payload can be
 * large.
 *
 * @param after the id of the last letter of the page before; null for the first page.
 */
export function pageOfLetters(letters: Letters, after: string | null): Query {
  const all = letters.orderBy(FieldPath.documentId()).select("status", "code", "error").limit(LETTERS_A_PAGE);
  return after === null ? all : all.startAfter(after);
}

/** What became of a page of dead letters. */
export interface CompletedLetters {
  readonly read: number;
  readonly completed: number;
  /** Letters that somebody wrote or deleted meanwhile; they may still lack something. */
  readonly changed: number;
  /** The last letter's id; null after the last page. */
  readonly last: string | null;
}
