/**
 * Cuts a text to at most `longest` UTF-16 units and makes it well-formed: a lone surrogate, from outside or from a cut
 * through a pair, isn't valid UTF-8, and Firestore refuses it.
 */
export function cut(text: string, longest: number): string {
  if (text.length <= longest) return text.toWellFormed();
  const end = isFirstHalf(text.charCodeAt(longest - 1)) ? longest - 1 : longest;
  return text.slice(0, end).toWellFormed();
}

/** Does the same, with an ellipsis in place of what was cut. */
export function shorten(text: string, longest: number): string {
  return text.length > longest ? `${cut(text, longest)}…` : text.toWellFormed();
}

/** Cuts a text to at most this many bytes of UTF-8, well-formed. */
export function cutToBytes(text: string, mostBytes: number): string {
  const whole = text.slice(0, mostBytes).toWellFormed();
  const { read } = new TextEncoder().encodeInto(whole, new Uint8Array(mostBytes));
  return whole.slice(0, read);
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
