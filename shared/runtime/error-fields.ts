const LONGEST_TEXT = 200;
const MOST_FRAMES = 8;

/** Shortens what came from outside before it is logged; the logger escapes it. */
export function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}

/** What may be logged of an error: its kind, its words shortened, and where it came from. Never what was being handled. */
export function errorFields(error: unknown): { error: Record<string, unknown> } {
  if (!(error instanceof Error)) return { error: { message: cut(String(error)) } };
  const { name, message, cause, stack } = error;
  const fields: Record<string, unknown> = { name, message: cut(message) };
  if ("code" in error) fields["code"] = error.code;
  if (cause !== undefined) fields["cause"] = errorFields(cause).error;
  const frames = (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return { error: { ...fields, frames: frames.slice(0, MOST_FRAMES) } };
}
