import type { Client } from "../../../../../packages/client/src/client.ts";
import type { ReadLetter } from "../../../../../packages/client/src/dead-letters.ts";
import { HandoffError } from "../../../../../packages/client/src/errors.ts";
import type { SelectedLetter } from "./act-on-each.ts";

/** How many letters a person can select: twice the number on a page. */
export const MAX_SELECTED = 100;

/** The current state of a selected letter; undefined if it no longer exists. */
export interface AskedLetter {
  readonly id: string;
  readonly letter: ReadLetter | undefined;
}

const CONCURRENCY = 5;

/**
 * Reads the selected letters.
 *
 * @throws HandoffError, UnreachableError if one can't be read.
 */
export async function readSelected(ids: readonly string[], api: Pick<Client, "deadLetters">): Promise<AskedLetter[]> {
  const read: AskedLetter[] = [];
  const waiting = ids.entries();
  const readNext = async (): Promise<void> => {
    for (const [at, id] of waiting) read[at] = { id, letter: await readIfThere(id, api) };
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, readNext));
  return read;
}

async function readIfThere(id: string, { deadLetters }: Pick<Client, "deadLetters">): Promise<ReadLetter | undefined> {
  try {
    return await deadLetters.get(id);
  } catch (error) {
    if (error instanceof HandoffError && error.status === 404) return undefined;
    throw error;
  }
}

/** Writes a selected letter as a field's text: its version, a space, its id. */
export function fieldOf({ id, version = "" }: SelectedLetter): string {
  return `${version} ${id}`;
}

/** Reads a selected letter from such a text. */
export function letterInField(text: string): SelectedLetter {
  const space = text.indexOf(" ");
  return { version: text.slice(0, Math.max(space, 0)) || undefined, id: text.slice(space + 1) };
}
