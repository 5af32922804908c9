import { isExactNumber } from "./exact-number.ts";

/** What can be told about a text before it is parsed. Without a meaning if the text isn't JSON. */
export interface JsonTally {
  /** How many arrays and objects are around the innermost one, itself included. */
  readonly depth: number;
  /** Every text, number, literal, array and object. A field's name isn't one. */
  readonly values: number;
  /** How many fields all objects have together; one that is repeated counts each time. */
  readonly members: number;
  /** Whether every number is exact; see `isExactNumber`. */
  readonly isExact: boolean;
}

/** Character codes. */
export const QUOTE = 0x22;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
export const COMMA = 0x2c;
export const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
export const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
/** The first letters of `false`, `null` and `true`, which have none of the three a second time. */
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/**
 * Reads over a text once, without parsing it: that is cheap, and shows whether parsing it would be. Never throws, whatever
 * the text.
 */
export function tallyJson(text: string): JsonTally {
  let open = 0;
  let depth = 0;
  let begun = 0;
  let members = 0;
  let isExact = true;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    switch (code) {
      case QUOTE:
        begun++;
        at = endOfText(text, at);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        begun++;
        if (++open > depth) depth = open;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        open--;
        break;
      case COLON:
        members++;
        break;
      case LOWER_F:
      case LOWER_N:
      case LOWER_T:
        begun++;
        break;
      default: {
        if (!isNumberStart(code)) break;
        begun++;
        const end = endOfNumber(text, at);
        isExact &&= isExactNumber(text.slice(at, end));
        at = end - 1;
      }
    }
  }
  return { depth, values: begun - members, members, isExact };
}

/** Where the quotation mark is that ends the text that begins at `from`; the whole text's end if there is none. */
export function endOfText(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return text.length;
}

/** Where the number that begins at `from` is over. */
export function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && isInNumber(text.charCodeAt(at))) at++;
  return at;
}

export function isNumberStart(code: number): boolean {
  return (code >= ZERO && code <= NINE) || code === MINUS;
}

function isInNumber(code: number): boolean {
  return isNumberStart(code) || code === POINT || code === LOWER_E || code === UPPER_E || code === PLUS;
}
