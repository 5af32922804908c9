import { Timestamp } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import type { LetterStatus } from "../../../shared/records/letters/dead-letter.ts";
import type { LetterFilter, LetterPlace } from "../../../shared/records/letters/dead-letter-queries.ts";
import { cursorOf, readCursor } from "../http/cursor.ts";
import { isLetterId } from "./read-letter.ts";

/** Longer than any name of ours. */
const MAX_NAME_LENGTH = 500;

const name = (description: string) => z.string().min(1).max(MAX_NAME_LENGTH).optional().describe(description);

const time = (description: string) =>
  z.iso
    .datetime({ offset: true, error: "must be an RFC 3339 time with a zone, for example 2030-01-31T08:00:00Z" })
    .optional()
    .describe(description);

/** By what letters are narrowed down. Everything that is given must fit. */
export const filterFields = {
  type: name("Only tasks of this type."),
  queue: name("Only tasks of this queue."),
  code: name("Only tasks with this code as their last error."),
  from: time("Only those that died at this time or later."),
  to: time("Only those that died before this time."),
};

type RequestedFilter = z.output<z.ZodObject<typeof filterFields>>;

/** The last second that Firestore's timestamps know. */
const LAST_SECOND = 253_402_300_799;

/** The filter in the form of a query. */
export function letterFilter({ from, to, ...by }: RequestedFilter, status: LetterStatus): LetterFilter {
  return { status, ...by, from: timestampOf(from), to: timestampOf(to) };
}

/** Nothing died before 1970 or will die after 9999, but a time with a zone can be outside that range. */
function timestampOf(text: string | undefined): Timestamp | undefined {
  if (text === undefined) return undefined;
  return Timestamp.fromMillis(Math.min(Math.max(Date.parse(text), 0), LAST_SECOND * 1_000));
}

const MAX_NANOSECONDS = 999_999_999;

const placeSchema = z
  .tuple([
    z.int().nonnegative().max(LAST_SECOND),
    z.int().nonnegative().max(MAX_NANOSECONDS),
    z.string().refine(isLetterId),
  ])
  .transform(([seconds, nanoseconds, id]): LetterPlace => ({ diedAt: new Timestamp(seconds, nanoseconds), id }));

/** What a cursor is bound to: the operation and the letters that it is for. */
export interface LetterList {
  readonly of: "list" | "replay";
  readonly filter: LetterFilter;
}

/** Encodes a place as a cursor. */
export function cursorAt({ diedAt, id }: LetterPlace, list: LetterList): string {
  return cursorOf([diedAt.seconds, diedAt.nanoseconds, id], named(list));
}

/** Decodes a cursor: null without a cursor, undefined if it is invalid or belongs to another list. */
export function placeAt(cursor: string | undefined, list: LetterList): LetterPlace | null | undefined {
  return cursor === undefined ? null : readCursor(cursor, { list: named(list), place: placeSchema });
}

function named({ of, filter: { status, type, queue, code, from, to } }: LetterList): object {
  const times = [from, to].map((time) => time?.toMillis() ?? null);
  return [`dead letters, ${of}`, status, type ?? null, queue ?? null, code ?? null, ...times];
}
