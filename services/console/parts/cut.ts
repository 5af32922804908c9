/** The beginning of a text, at most so many UTF-16 units, without half of a character at its end. */
export function cut(text: string, longest: number): string {
  return text.slice(0, longest).replace(/[\uD800-\uDBFF]$/, "");
}
