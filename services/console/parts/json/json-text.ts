/** Above this, in characters, indents would make most of a deep value's text. */
const LONGEST_INDENTED = 2_000_000;

/** All of a JSON value as plain text, which no browser takes for a page. */
export function respondWithJsonText(value: unknown): Response {
  const indented = JSON.stringify(value, null, 2);
  const text = indented.length <= LONGEST_INDENTED ? indented : JSON.stringify(value);
  return new Response(`${text}\n`, {
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });
}
