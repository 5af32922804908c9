/** An error in a log line. */
export interface LoggedError {
  /** What failed and where, on several lines, down to the first cause. */
  readonly text: string;
  /** Its other fields, such as a code. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Causes deeper than this say nothing new. */
const MAX_CAUSES = 5;

/**
 * Reads an error in either form in which it is logged: with a stack, as the emulators and pino do, or with frames, as
 * `errorFields` does. Undefined for anything else.
 */
export function readError(value: unknown, depth = 0): LoggedError | undefined {
  if (typeof value !== "object" || value === null || !("message" in value || "stack" in value)) return undefined;
  const fields: Partial<ErrorFields> = { ...value };
  const { name, type, message, stack, frames, cause, ...details } = fields;
  const head = `${textOf(name ?? type ?? "Error")}: ${textOf(message)}`;
  const trace = typeof stack === "string" ? [stack] : [head, ...(Array.isArray(frames) ? frames.map(textOf) : [])];
  const reason = depth < MAX_CAUSES ? readError(cause, depth + 1) : undefined;
  if (!reason) return { text: trace.join("\n"), details: cause === undefined ? details : { ...details, cause } };
  const causes = Object.entries(reason.details).map(([key, its]) => [`cause.${key}`, its]);
  return {
    text: [...trace, `caused by ${reason.text}`].join("\n"),
    details: { ...details, ...Object.fromEntries(causes) },
  };
}

type ErrorFields = Record<"name" | "type" | "message" | "stack" | "frames" | "cause", unknown>;

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
