/** A field's path in camel case. On the wire it may be in snake case, such as `rate_limits.max_burst_size`. */
export function camelCasePath(path: string): string {
  return path.replaceAll(/_([a-z])/g, (_underscored, letter: string) => letter.toUpperCase());
}
