import { cut } from "../../parts/cut.ts";

/** How many characters of a message tell letters apart. */
const SHOWN_CHARACTERS = 160;

/** The beginning of a message, as a row shows it. */
export function cutMessage(message: string): string {
  if (message.length <= SHOWN_CHARACTERS) return message;
  return `${cut(message, SHOWN_CHARACTERS)}…`;
}
