import { type DocumentSnapshot, type QueryDocumentSnapshot, Timestamp } from "@google-cloud/firestore";
import type { LetterFilter, LetterPage, LetterPlace } from "../../../shared/records/letters/dead-letter-queries.ts";
import { RecordStoreError } from "../../../shared/records/record-store-error.ts";
import { DependencyError } from "../../../shared/runtime/dependency-error.ts";
import { LOOK_UP_TIMEOUT_MS, type Producer } from "../producer.ts";

type ReadingProducer = Pick<Producer, "letters" | "clock">;

/** A page of letters, and where the next one begins. */
export interface ReadPage {
  /** Without expired letters. */
  readonly letters: readonly QueryDocumentSnapshot[];
  /** The place of the last letter that was read; null if there are no more. */
  readonly next: LetterPlace | null;
}

/**
 * Reads a page of letters, the newest first.
 *
 * @param page.fields the fields to read, besides those that give its place and expiry.
 * @throws DependencyError if Firestore fails.
 */
export async function readPage(filter: LetterFilter, page: LetterPage, producer: ReadingProducer): Promise<ReadPage> {
  const untilMs = producer.clock.now() + LOOK_UP_TIMEOUT_MS;
  const fields = [...new Set([...page.fields, "diedAt", "expireAt"])];
  try {
    const { docs } = await producer.letters.page(filter, { ...page, fields, untilMs });
    const last = docs.length < page.limit ? undefined : docs.at(-1);
    return { letters: docs.filter((letter) => !isExpired(letter)), next: last ? placeOf(last) : null };
  } catch (error) {
    throw error instanceof RecordStoreError ? new DependencyError("firestore", error) : error;
  }
}

/** A letter's place in a query's results, which all have a time of death. */
export function placeOf(letter: QueryDocumentSnapshot): LetterPlace {
  const diedAt: unknown = letter.get("diedAt");
  if (!(diedAt instanceof Timestamp)) throw new TypeError("The query finds letters with a time.");
  return { diedAt, id: letter.id };
}

/**
 * Reads a letter, first at the start of a request or again after a write whose result is unknown.
 *
 * @returns undefined if the repeated read fails.
 * @throws DependencyError if the first read fails.
 */
export async function readLetter(
  id: string,
  on: {
    readonly producer: Pick<Producer, "letters">;
    readonly untilMs: number;
    readonly isFirst: boolean;
    readonly fields?: readonly string[];
  },
): Promise<DocumentSnapshot | undefined> {
  const { producer, isFirst, ...what } = on;
  try {
    return await producer.letters.read(id, what);
  } catch (error) {
    if (!(error instanceof RecordStoreError)) throw error;
    if (isFirst) throw new DependencyError("firestore", error);
    return undefined;
  }
}

/** Whether a letter exists and hasn't expired: Firestore may delete expired letters late. */
export function isThere(letter: DocumentSnapshot): boolean {
  return letter.exists && !isExpired(letter);
}

function isExpired(letter: DocumentSnapshot): boolean {
  const expireAt: unknown = letter.get("expireAt");
  return expireAt instanceof Timestamp && expireAt.toMillis() <= letter.readTime.toMillis();
}
