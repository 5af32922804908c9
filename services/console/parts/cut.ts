/** The start of a text, at most this many UTF-16 units, without half a character at its end. */
export function cut(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "");
}
