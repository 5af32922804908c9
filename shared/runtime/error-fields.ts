const MAX_TEXT_LENGTH = 200;
const MAX_FRAMES = 8;

/** Shortens text from outside to 200 characters before it is logged. The logger escapes it. */
export function cut(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}

/** What may be logged of an error: its name, its shortened message and where it came from. Never what was being handled. */
export function errorFields(error: unknown): { error: Record<string, unknown> } {
  if (!(error instanceof Error)) return { error: { message: cut(String(error)) } };
  const { name, message, cause, stack } = error;
  const fields: Record<string, unknown> = { name, message: cut(message) };
  if ("code" in error) fields["code"] = error.code;
  if (cause !== undefined) fields["cause"] = errorFields(cause).error;
  const frames = (stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return { error: { ...fields, frames: frames.slice(0, MAX_FRAMES) } };
}
