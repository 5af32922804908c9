import { isExactNumber } from "./exact-number.ts";
import { isNameBefore, sortByName } from "./field-names.ts";
import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  endOfNumber,
  endOfText,
  isDigit,
  isInNumber,
  isSpace,
} from "./json-characters.ts";

/** A field's value, as text. */
export interface FieldText {
  /** Its canonical form. */
  readonly canonical: string;
  /** The text as sent. Undefined if `JSON.stringify` would write it differently, apart from the order of fields. */
  readonly plain: string | undefined;
}

/** The result of scanning a text. */
export interface CanonicalText {
  readonly canonical: string;
  /** The fields by name, if the text is an object; otherwise none. */
  readonly fields: ReadonlyMap<string, FieldText>;
  /** False if a number, a text or a field's name can't be passed on unchanged; see `findJsonProblems`. */
  readonly isSound: boolean;
  /** Whether a field is named `__proto__`. */
  readonly hasProto: boolean;
}

/**
 * Converts JSON text to its canonical form (RFC 8785, https://www.rfc-editor.org/rfc/rfc8785): no white space, fields
 * sorted by the UTF-16 code units of their names, numbers and texts as `JSON.stringify` writes them.
 *
 * Most JSON was written by `JSON.stringify` or similar, so much of it is canonical already and few new values are
 * created. This is recursive: the caller must have limited the depth.
 */
export function readCanonical(text: string): CanonicalText {
  const reader = new CanonicalReader(text);
  const canonical = reader.readAll();
  const { fields, hasProto } = reader;
  return { canonical, fields, isSound: reader.isSound && text.isWellFormed(), hasProto };
}

/** An integer with at most this many digits is canonical already. */
const MAX_PLAIN_DIGITS = 15;
/** All other escapes have a single form. */
const OTHER_ESCAPE = /\\[u/]/;
const PROTO = '"__proto__"';

/** Each method reads the value at `#at`. It returns the canonical form, or undefined if the text already has it. */
class CanonicalReader {
  readonly fields = new Map<string, FieldText>();
  isSound = true;
  hasProto = false;
  readonly #text: string;
  readonly #mayHaveProto: boolean;
  #at = 0;
  #depth = 0;
  /** The last position of anything that `JSON.stringify` would write differently. */
  #oddAt = -1;
  /** The position of the next backslash, if it has been looked up. */
  #backslashAt = -1;
  /** The fields of all open objects: the position and the canonical form of each. */
  readonly #froms: number[] = [];
  readonly #ends: number[] = [];
  readonly #forms: (string | undefined)[] = [];
  #openFields = 0;

  constructor(text: string) {
    this.#text = text;
    this.#mayHaveProto = text.includes(PROTO);
  }

  readAll(): string {
    this.#skipSpace();
    const from = this.#at;
    return this.#readValue() ?? this.#text.slice(from, this.#at);
  }

  #readValue(): string | undefined {
    switch (this.#text.charCodeAt(this.#at)) {
      case QUOTE:
        return this.#readText();
      case OPEN_OBJECT:
        return this.#readObject();
      case OPEN_LIST:
        return this.#readList();
      case LOWER_F:
        this.#at += "false".length;
        return undefined;
      case LOWER_N:
      case LOWER_T:
        this.#at += "true".length;
        return undefined;
      default:
        return this.#readNumber();
    }
  }

  #readNumber(): string | undefined {
    const text = this.#text;
    const from = this.#at;
    let end = from;
    while (isDigit(text.charCodeAt(end))) end++;
    const isPlain = end > from && end - from <= MAX_PLAIN_DIGITS && !isInNumber(text.charCodeAt(end));
    this.#at = isPlain ? end : endOfNumber(text, from);
    if (isPlain) return undefined;
    const literal = text.slice(from, this.#at);
    // Adding 0 turns -0 into 0.
    const form = String(Number(literal) + 0);
    if (form === literal) return undefined;
    if (!isExactNumber(literal)) this.isSound = false;
    this.#oddAt = from;
    return form;
  }

  #readText(): string | undefined {
    const text = this.#text;
    const from = this.#at;
    if (this.#backslashAt < from) this.#backslashAt = indexOrEnd(text, "\\", from);
    const quoteAt = text.indexOf('"', from + 1);
    const isPlain = quoteAt < this.#backslashAt;
    this.#at = (isPlain ? quoteAt : endOfText(text, from)) + 1;
    if (isPlain) return undefined;
    const quoted = text.slice(from, this.#at);
    if (!OTHER_ESCAPE.test(quoted)) return undefined;
    const decoded = String(JSON.parse(quoted));
    if (!decoded.isWellFormed()) this.isSound = false;
    const form = JSON.stringify(decoded);
    if (form === quoted) return undefined;
    this.#oddAt = from;
    return form;
  }

  #readList(): string | undefined {
    const text = this.#text;
    const from = this.#at++;
    let end = this.#at;
    // The canonical form so far, once it differs from the text.
    let form = this.#skipSpace() ? "[" : undefined;
    this.#depth++;
    while (text.charCodeAt(this.#at) !== CLOSE_LIST) {
      const itemAt = this.#at;
      const item = this.#readValue();
      if (item !== undefined) form ??= text.slice(from, end);
      if (form !== undefined) form += (end === from + 1 ? "" : ",") + (item ?? text.slice(itemAt, this.#at));
      end = this.#at;
      if (this.#skipSeparator()) form ??= text.slice(from, end);
    }
    this.#depth--;
    this.#at++;
    return form && `${form}]`;
  }

  #readObject(): string | undefined {
    const first = this.#openFields;
    this.#at++;
    let isSame = !this.#skipSpace();
    let isOrdered = true;
    this.#depth++;
    for (let before = -1; this.#text.charCodeAt(this.#at) !== CLOSE_OBJECT;) {
      const fieldAt = this.#at;
      isOrdered &&= before < 0 || isNameBefore(this.#text, before, fieldAt);
      const form = this.#readField();
      this.#keepField(fieldAt, form);
      isSame = !this.#skipSeparator() && form === undefined && isSame;
      before = fieldAt;
    }
    this.#depth--;
    this.#at++;
    const form = isSame && isOrdered ? undefined : `{${this.#join(first, isOrdered)}}`;
    this.#openFields = first;
    return form;
  }

  #readField(): string | undefined {
    const text = this.#text;
    const nameAt = this.#at;
    const name = this.#readText();
    const nameEnd = this.#at;
    if (name === PROTO || (this.#mayHaveProto && text.startsWith(PROTO, nameAt))) this.hasProto = true;
    const isSpacedBefore = this.#skipSpace();
    this.#at++;
    const isSpaced = this.#skipSpace() || isSpacedBefore;
    const valueAt = this.#at;
    const value = this.#readValue();
    if (this.#depth === 1) this.#noteField(text.slice(nameAt, nameEnd), valueAt, value);
    if (name === undefined && value === undefined && !isSpaced) return undefined;
    return `${name ?? text.slice(nameAt, nameEnd)}:${value ?? text.slice(valueAt, this.#at)}`;
  }

  #noteField(name: string, valueAt: number, form: string | undefined): void {
    const sent = this.#text.slice(valueAt, this.#at);
    const plain = this.#oddAt < valueAt ? sent : undefined;
    this.fields.set(String(JSON.parse(name)), { canonical: form ?? sent, plain });
  }

  #keepField(from: number, form: string | undefined): void {
    const place = this.#openFields++;
    this.#froms[place] = from;
    this.#ends[place] = this.#at;
    this.#forms[place] = form;
  }

  /** Joins the canonical forms of an object's fields in the order of their names. */
  #join(first: number, isOrdered: boolean): string {
    const places: number[] = [];
    for (let place = first; place < this.#openFields; place++) places.push(place);
    if (!isOrdered && !sortByName(places, this.#text, this.#froms)) this.isSound = false;
    let form = "";
    for (const place of places) {
      if (form !== "") form += ",";
      form += this.#forms[place] ?? this.#text.slice(this.#froms[place], this.#ends[place]);
    }
    return form;
  }

  /** Skips the comma after an item or a field, if there is one. Returns whether there is white space. */
  #skipSeparator(): boolean {
    const isSpaced = this.#skipSpace();
    if (this.#text.charCodeAt(this.#at) !== COMMA) return isSpaced;
    this.#at++;
    return this.#skipSpace() || isSpaced;
  }

  #skipSpace(): boolean {
    if (!isSpace(this.#text.charCodeAt(this.#at))) return false;
    this.#oddAt = this.#at;
    while (isSpace(this.#text.charCodeAt(this.#at))) this.#at++;
    return true;
  }
}

function indexOrEnd(text: string, what: string, from: number): number {
  const index = text.indexOf(what, from);
  return index < 0 ? text.length : index;
}
