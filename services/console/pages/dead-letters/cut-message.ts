/** How many characters of a message tell letters apart. */
const SHOWN_CHARACTERS = 160;

/** The beginning of a message, as a row shows it. Never half of a character. */
export function cutMessage(message: string): string {
  if (message.length <= SHOWN_CHARACTERS) return message;
  return `${message.slice(0, SHOWN_CHARACTERS).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
