import type { Client } from "../../../../../packages/client/src/client.ts";
import { countLetters } from "../count-letters.ts";
import type { ActedOn, SelectedLetter } from "./act-on-each.ts";
import { DELETE_SELECTED, REPLAY_SELECTED } from "./selected-paths.ts";

/** An action on the selected letters. */
export interface SelectedAction {
  readonly path: string;
  /** The title of the confirmation. */
  readonly title: string;
  /** What will happen, as a sentence. */
  readonly what: string;
  /** Whether anything is lost. */
  readonly isDangerous: boolean;
  readonly labelFor: (count: number) => string;
  /** The past tense of the action, as the first word of a sentence. */
  readonly did: string;
  readonly didAll: (count: number) => string;
  /** The word for a letter after the action. */
  readonly done: string;
  readonly act: (letter: SelectedLetter, api: Pick<Client, "deadLetters">) => Promise<ActedOn>;
}

export const REPLAY: SelectedAction = {
  path: REPLAY_SELECTED,
  title: "Replay the selected dead letters?",
  what:
    "Each becomes a new task of its type, with its payload, a new id, and attempts that count from 0. One that was " +
    "replayed before isn't changed.",
  isDangerous: false,
  labelFor: (count) => `Replay ${countLetters(count)}`,
  did: "Replayed",
  didAll: (count) => `Replayed ${countLetters(count)}.`,
  done: "replayed",
  async act({ id }, { deadLetters }) {
    const { id: now, replayedBefore } = await deadLetters.replay(id);
    return { kind: replayedBefore ? "done-before" : "done", now };
  },
};

export const DELETE: SelectedAction = {
  path: DELETE_SELECTED,
  title: "Delete the selected dead letters?",
  what:
    "Their payloads are lost, and they can no longer be replayed. Tasks that replays made aren't affected. A letter " +
    "that changes after this page was shown is kept.",
  isDangerous: true,
  labelFor: (count) => `Delete ${countLetters(count)}`,
  did: "Deleted",
  didAll: (count) => `Deleted ${countLetters(count)}.`,
  done: "deleted",
  async act({ id, version }, { deadLetters }) {
    await deadLetters.delete(id, { version });
    return { kind: "done" };
  },
};
