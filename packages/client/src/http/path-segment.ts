/**
 * An id as a path segment. URLs treat `.` and `..` as steps, however they are encoded
 * (https://url.spec.whatwg.org/#single-dot-path-segment): a replay of the letter `.` would replay all letters. No real
 * id is one of these, so an id that the producer doesn't know replaces them.
 */
export function pathSegment(id: string): string {
  const segment = encodeURIComponent(id);
  return segment === "." || segment === ".." ? segment.replaceAll(".", "%252E") : segment;
}
