/** In longer text, in characters, indentation could take most of the space. */
const MAX_INDENTED_LENGTH = 2_000_000;

/** A whole JSON value as plain text, which no browser interprets as a page. */
export function respondWithJsonText(value: unknown): Response {
  const indented = JSON.stringify(value, null, 2);
  const text = indented.length <= MAX_INDENTED_LENGTH ? indented : JSON.stringify(value);
  return new Response(`${text}\n`, {
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });
}
