/** What `String` makes of a value that can't be turned into text. */
const NO_TEXT = "a value without text";

/** A property of what was thrown. That can be anything, even an object whose getters throw. */
export function propertyOf(thrown: unknown, name: string): unknown {
  try {
    return Reflect.get(Object(thrown), name);
  } catch {
    return undefined;
  }
}

/** Whether what was thrown is an Error. A proxy can throw even when it is asked that. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

/** The name of an Error's class, and the type of anything else. */
export function classOf(thrown: unknown): string {
  const name = isError(thrown) ? propertyOf(thrown, "name") : undefined;
  return typeof name === "string" ? name : typeof thrown;
}

/** An Error's message, and the text of anything else. Never throws. */
export function textOf(thrown: unknown): string {
  const value = isError(thrown) ? propertyOf(thrown, "message") : thrown;
  try {
    return String(value);
  } catch {
    return NO_TEXT;
  }
}
