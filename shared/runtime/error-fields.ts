import { shorten } from "../process/cut.ts";
import { classOf, isError, propertyOf, textOf } from "../process/thrown.ts";

/** Text from outside is cut to this many characters before it is logged. The logger escapes it. */
export const MAX_LOGGED_CHARACTERS = 200;
const MAX_STACK_LENGTH = 8_000;
const MAX_FRAMES = 8;
/** An error can be its own cause. */
const MAX_CAUSES = 4;

/**
 * The parts of an error that may be logged: its name, its shortened message and its stack, never the data being
 * handled. Any value can be thrown, so this never throws.
 */
export function errorFields(error: unknown): { error: Record<string, unknown> } {
  return { error: describe(error, MAX_CAUSES) };
}

function describe(thrown: unknown, causes: number): Record<string, unknown> {
  const message = shorten(textOf(thrown), MAX_LOGGED_CHARACTERS);
  if (!isError(thrown)) return { message };
  const fields: Record<string, unknown> = { name: shorten(classOf(thrown), MAX_LOGGED_CHARACTERS), message };
  const code = propertyOf(thrown, "code");
  if (typeof code === "string") fields["code"] = shorten(code, MAX_LOGGED_CHARACTERS);
  if (typeof code === "number") fields["code"] = code;
  const cause = propertyOf(thrown, "cause");
  if (cause !== undefined && causes > 0) fields["cause"] = describe(cause, causes - 1);
  return { ...fields, frames: framesOf(propertyOf(thrown, "stack")) };
}

/** The first frames of an error's stack, shortened; empty for anything that isn't a stack. */
export function framesOf(stack: unknown): string[] {
  if (typeof stack !== "string") return [];
  const lines = stack.slice(0, MAX_STACK_LENGTH).split("\n");
  const frames = lines.filter((line) => line.startsWith("    at ")).slice(0, MAX_FRAMES);
  return frames.map((frame) => shorten(frame, MAX_LOGGED_CHARACTERS));
}
