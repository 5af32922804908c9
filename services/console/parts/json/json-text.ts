/** In longer text, in characters, indentation could take most of the space. */
const LONGEST_INDENTED = 2_000_000;

/** A whole JSON value as plain text, which no browser interprets as a page. */
export function respondWithJsonText(value: unknown): Response {
  const indented = JSON.stringify(value, null, 2);
  const text = indented.length <= LONGEST_INDENTED ? indented : JSON.stringify(value);
  return new Response(`${text}\n`, {
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });
}
