/** Stands for a value that `String` can't convert. */
const NO_TEXT = "a value without text";

/** A property of a thrown value. It can be anything, even an object whose getters throw. */
export function propertyOf(thrown: unknown, name: string): unknown {
  try {
    return Reflect.get(Object(thrown), name);
  } catch {
    return undefined;
  }
}

/** Whether a thrown value is an Error. For a proxy, even this check can throw. */
export function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

/** The class name of an Error, or the type of anything else. */
export function classOf(thrown: unknown): string {
  const name = isError(thrown) ? propertyOf(thrown, "name") : undefined;
  return typeof name === "string" ? name : typeof thrown;
}

/** The message of an Error, or anything else as text. Never throws. */
export function textOf(thrown: unknown): string {
  const value = isError(thrown) ? propertyOf(thrown, "message") : thrown;
  try {
    return String(value);
  } catch {
    return NO_TEXT;
  }
}
