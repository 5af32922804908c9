import { cut } from "../../parts/cut.ts";

/** Enough characters of a message to distinguish letters. */
const SHOWN_CHARACTERS = 160;

/** The beginning of a message, for a row. */
export function cutMessage(message: string): string {
  if (message.length <= SHOWN_CHARACTERS) return message;
  return `${cut(message, SHOWN_CHARACTERS)}…`;
}
