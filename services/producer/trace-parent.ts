const PATTERN = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's trace context if its form is right (https://www.w3.org/TR/trace-context/); any other is to be ignored. */
export function readTraceParent(header: string | undefined): string | undefined {
  return header !== undefined && PATTERN.test(header) ? header : undefined;
}
