/** A value isn't JSON, so it has no canonical form. */
export class NotJsonError extends TypeError {
  readonly code = "NOT_JSON";
}

/**
 * The canonical form of a JSON value (RFC 8785, https://www.rfc-editor.org/rfc/rfc8785): no white space, fields in the
 * order of their names' UTF-16 code units, numbers and texts as `JSON.stringify` writes them.
 *
 * @throws NotJsonError for anything that JSON can't hold: undefined, functions, bigints, numbers that aren't finite, half a
 * surrogate pair.
 */
export function canonicalJson(value: unknown): string {
  return new CanonicalWriter().textOf(value);
}

/** Text that is the same in quotes. Short, since a long one is faster to write with `JSON.stringify`. */
const PLAIN_TEXT_PATTERN = /^[ !#-[\]-~]{0,100}$/;

/** Writes canonical forms, and counts the fields in them. Recursive: whoever reads JSON limits its depth. */
export class CanonicalWriter {
  /** How many fields all objects so far have together. */
  members = 0;
  /** Whether one of them is named `__proto__`. */
  hasProto = false;
  #text = "";

  /** @throws NotJsonError, see `canonicalJson`. */
  textOf(value: unknown): string {
    this.#text = "";
    this.#write(value);
    return this.#text;
  }

  #write(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#writeText(value);
        return;
      case "number":
        if (!Number.isFinite(value)) throw new NotJsonError("A number isn't finite.");
        this.#text += value;
        return;
      case "boolean":
        this.#text += value;
        return;
      case "object":
        if (value === null) this.#text += "null";
        else if (Array.isArray(value)) this.#writeList(value);
        else this.#writeObject(value);
        return;
      default:
        throw new NotJsonError(`JSON has no ${typeof value}.`);
    }
  }

  #writeText(text: string): void {
    if (PLAIN_TEXT_PATTERN.test(text)) {
      this.#text += `"${text}"`;
      return;
    }
    if (!text.isWellFormed()) throw new NotJsonError("A text has half a surrogate pair.");
    this.#text += JSON.stringify(text);
  }

  #writeList(list: readonly unknown[]): void {
    this.#text += "[";
    for (let index = 0; index < list.length; index++) {
      if (index > 0) this.#text += ",";
      this.#write(list[index]);
    }
    this.#text += "]";
  }

  #writeObject(object: object): void {
    const names = Object.keys(object);
    if (!isSorted(names)) names.sort();
    this.members += names.length;
    this.#text += "{";
    let separator = "";
    for (const name of names) {
      if (name === "__proto__") this.hasProto = true;
      this.#text += separator;
      this.#writeText(name);
      this.#text += ":";
      this.#write(Reflect.get(object, name));
      separator = ",";
    }
    this.#text += "}";
  }
}

/** The default order of `sort` is that of UTF-16 code units. */
function isSorted(names: readonly string[]): boolean {
  for (let index = 1; index < names.length; index++) {
    if (String(names[index - 1]) > String(names[index])) return false;
  }
  return true;
}
