/**
 * An id as a part of a path. Addresses take `.` and `..` for steps, however they are encoded
 * (https://url.spec.whatwg.org/#single-dot-path-segment): a replay of the letter `.` would be a replay of all. Nothing has
 * such an id, so the producer is asked for one that it doesn't know.
 */
export function pathSegment(id: string): string {
  const segment = encodeURIComponent(id);
  return segment === "." || segment === ".." ? segment.replaceAll(".", "%252E") : segment;
}
