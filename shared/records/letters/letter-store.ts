import type { DocumentSnapshot, QueryDocumentSnapshot, QuerySnapshot } from "@google-cloud/firestore";
import type { Documents } from "../documents.ts";
import { RecordStoreError, isFirestoreError } from "../record-store-error.ts";
import type { Task, Transition } from "../transition.ts";
import { writesOf } from "../writes.ts";
import { missingFields } from "./dead-letter.ts";
import {
  type CompletedLetters,
  LETTERS_PER_PAGE,
  type LetterFilter,
  type LetterPage,
  pageBy,
  pageOfLetters,
} from "./dead-letter-queries.ts";

/** Statuses of a conditional write when the letter has changed since it was read: NOT_FOUND, FAILED_PRECONDITION. */
const CHANGED_SINCE = new Set([5, 9]);

/** The dead letters, for people to read, replay and delete. Workers write them together with their tasks' records. */
export class LetterStore {
  readonly #documents: Documents;

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /**
   * Reads a letter; it may not exist.
   *
   * @param on.untilMs when to give up, in milliseconds since the epoch.
   * @param on.fields which fields to read. Default: all.
   * @throws RecordStoreError when Firestore fails or time is up.
   */
  async read(
    id: string,
    { untilMs, fields }: { readonly untilMs: number; readonly fields?: readonly string[] },
  ): Promise<DocumentSnapshot> {
    const ref = this.#documents.letters().doc(id);
    if (fields === undefined) return await this.#documents.within(untilMs, () => ref.get());
    const mask = { fieldMask: [...fields] };
    const [letter] = await this.#documents.within(untilMs, () => this.#documents.db.getAll(ref, mask));
    if (!letter) throw new TypeError("One document was asked for.");
    return letter;
  }

  /**
   * Reads a page of letters, the latest first.
   *
   * @param page.untilMs when to give up, in milliseconds since the epoch.
   * @throws RecordStoreError when Firestore fails or time is up.
   */
  async page(filter: LetterFilter, page: LetterPage & { readonly untilMs: number }): Promise<QuerySnapshot> {
    const query = pageBy(this.#documents.letters(), filter, page);
    return await this.#documents.within(page.untilMs, () => query.get());
  }

  /**
   * Replays a letter, provided that it hasn't changed since it was read.
   *
   * @param on.task the new task.
   * @returns false if it has changed, or if that is unknown. Read it again to find out.
   * @throws RecordStoreError when Firestore did not respond in time.
   */
  async replay(
    letter: DocumentSnapshot,
    transition: Extract<Transition, { kind: "replay" }>,
    { task, untilMs }: { readonly task: Task; readonly untilMs: number },
  ): Promise<boolean> {
    const writes = writesOf(transition, task, { before: null, nowMs: this.#documents.clock.now() });
    const conditions = { letter: letter.updateTime };
    return await unlessChanged(
      this.#documents.within(untilMs, () => this.#documents.commit(task.envelope.id, writes, conditions)),
    );
  }

  /**
   * Deletes a letter, provided that it hasn't changed since it was read.
   *
   * @param untilMs when to give up, in milliseconds since the epoch.
   * @returns false if it has changed, or if that is unknown. Read it again to find out.
   * @throws RecordStoreError when Firestore did not respond in time.
   */
  async delete(letter: DocumentSnapshot, untilMs: number): Promise<boolean> {
    const { ref, updateTime: lastUpdateTime } = letter;
    if (!lastUpdateTime) throw new TypeError("A letter that doesn't exist can't be deleted.");
    return await unlessChanged(this.#documents.within(untilMs, () => ref.delete({ lastUpdateTime })));
  }

  /**
   * Completes a page of dead letters that earlier revisions wrote, so that queries find them; see `missingFields`. It can
   * be repeated, and letters may be written meanwhile. Rejects with the client's error.
   *
   * @param after the last letter of the page before; null for the first page.
   */
  async completePage(after: string | null): Promise<CompletedLetters> {
    const { docs } = await this.#documents.track(pageOfLetters(this.#documents.letters(), after).get());
    const ends = await this.#documents.track(Promise.all(docs.map((letter) => completeLetter(letter))));
    return {
      read: docs.length,
      completed: ends.filter((end) => end === "completed").length,
      changed: ends.filter((end) => end === "changed").length,
      last: docs.length < LETTERS_PER_PAGE ? null : (docs.at(-1)?.id ?? null),
    };
  }
}

async function unlessChanged(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    // A failed precondition may mean that the client retried a commit whose response was lost.
    if (error instanceof RecordStoreError && CHANGED_SINCE.has(error.status ?? 0)) return false;
    throw error;
  }
}

async function completeLetter(letter: QueryDocumentSnapshot): Promise<"complete" | "completed" | "changed"> {
  const lacking = missingFields(letter.data());
  if (!lacking) return "complete";
  try {
    await letter.ref.update(lacking, { lastUpdateTime: letter.updateTime });
    return "completed";
  } catch (error) {
    if (isFirestoreError(error) && CHANGED_SINCE.has(error.code)) return "changed";
    throw error;
  }
}
