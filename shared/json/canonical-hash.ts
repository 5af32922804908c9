import { type Hash, createHash } from "node:crypto";

/** A value isn't JSON, so it has no canonical form. */
export class NotJsonError extends TypeError {
  readonly code = "NOT_JSON";
}

/** Text that is the same in quotes. Short, since a long one is faster to write with `JSON.stringify`. */
const PLAIN_TEXT_PATTERN = /^[ !#-[\]-~]{0,100}$/;

/** Text is hashed in pieces of about this many characters: joined from small parts, a large one burdens the garbage collector. */
const PIECE_LENGTH = 8 * 1024;

/**
 * Hashes values in their canonical form (RFC 8785, https://www.rfc-editor.org/rfc/rfc8785): no white space, fields in the
 * order of their names' UTF-16 code units, numbers and texts as `JSON.stringify` writes them. Counts the fields, too.
 * Recursive: whoever reads JSON limits its depth.
 */
export class CanonicalHasher {
  /** How many fields all objects so far have together. */
  members = 0;
  /** Whether one of them is named `__proto__`. */
  hasProto = false;
  #text = "";
  #hash: Hash = createHash("sha256");

  /**
   * The SHA-256, in hex, of a value's canonical form.
   *
   * @throws NotJsonError for anything that JSON can't hold: undefined, functions, bigints, numbers that aren't finite, half
   * a surrogate pair.
   */
  hashOf(value: unknown): string {
    this.#text = "";
    this.#hash = createHash("sha256");
    this.#write(value);
    return this.#hash.update(this.#text).digest("hex");
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

  #hashPiece(): void {
    if (this.#text.length < PIECE_LENGTH) return;
    this.#hash.update(this.#text);
    this.#text = "";
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
      this.#hashPiece();
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
      this.#hashPiece();
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
