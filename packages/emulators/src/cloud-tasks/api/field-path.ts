/** A field's path in camel case, whichever way it was written: `rate_limits.max_burst_size` is on the wire. */
export function camelCasePath(path: string): string {
  return path.replaceAll(/_([a-z])/g, (_underscored, letter: string) => letter.toUpperCase());
}
