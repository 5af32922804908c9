import { type CollectionReference, FieldPath, type Query, Timestamp } from "@google-cloud/firestore";
import type { LetterStatus } from "./dead-letter.ts";

/** The fields that letters of one status can be filtered by. Each has its own index, and Firestore merges them. */
export const LETTER_FILTERS = ["type", "queue", "code"] as const;

/** Selects the letters of a status, optionally by type, queue, code and the time of death. */
export type LetterFilter = { readonly status: LetterStatus } & {
  readonly [Field in (typeof LETTER_FILTERS)[number]]?: string | undefined;
} & {
  /** Inclusive. */
  readonly from?: Timestamp | undefined;
  /** Exclusive. */
  readonly to?: Timestamp | undefined;
};

/** A letter's place in a list. Letters that died at the same time are sorted by id. */
export interface LetterPlace {
  readonly diedAt: Timestamp;
  readonly id: string;
}

type Letters = CollectionReference;

/** Before anything died. A letter whose `diedAt` isn't a time isn't one of ours and has no place in a list. */
const EARLIEST = new Timestamp(0, 0);

/**
 * The letters that match a filter, latest first. Ids are sorted as `diedAt` is, so that the indexes needn't include
 * them (https://firebase.google.com/docs/firestore/query-data/index-overview#default_ordering_and_the_name_field).
 */
export function letterQuery(letters: Letters, { status, from = EARLIEST, to, ...by }: LetterFilter): Query {
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

/** Which of a filter's letters to read, and which of their fields. */
export interface LetterPage {
  /** The most letters on a page. */
  readonly limit: number;
  /** The last letter of the page before; null for the first page. */
  readonly after: LetterPlace | null;
  /** The fields to read of each letter. A payload can be large. */
  readonly fields: readonly string[];
}

/** A page of the letters that match a filter. It costs one read per letter, whichever page it is. */
export function pageBy(letters: Letters, filter: LetterFilter, { limit, after, fields }: LetterPage): Query {
  const page = letterQuery(letters, filter)
    .select(...fields)
    .limit(limit);
  return after === null ? page : page.startAfter(after.diedAt, after.id);
}

/** How many letters a page holds when letters are completed. */
export const LETTERS_PER_PAGE = 100;

/**
 * A page of all letters, by id, which needs no index. It reads only the fields that completion needs: a payload can be
 * large.
 *
 * @param after the id of the last letter of the page before; null for the first page.
 */
export function pageOfLetters(letters: Letters, after: string | null): Query {
  const all = letters.orderBy(FieldPath.documentId()).select("status", "code", "error").limit(LETTERS_PER_PAGE);
  return after === null ? all : all.startAfter(after);
}

/** The result of completing one page of dead letters. */
export interface CompletedLetters {
  readonly read: number;
  readonly completed: number;
  /** Letters that somebody changed or deleted meanwhile; they may still lack fields. */
  readonly changed: number;
  /** The last letter's id; null after the last page. */
  readonly last: string | null;
}
