/** Character codes. */
export const QUOTE = 0x22;
const PLUS = 0x2b;
export const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
/** The first letters of `false`, `null` and `true`; none of the three letters occurs twice in these words. */
export const LOWER_F = 0x66;
export const LOWER_N = 0x6e;
export const LOWER_T = 0x74;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The position of the quotation mark that ends the string starting at `from`; the text's length if there is none. */
export function endOfText(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

/** The position after the number that starts at `from`. */
export function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && isInNumber(text.charCodeAt(at))) at++;
  return at;
}

/** Whether a JSON number can begin with this character code. */
export function isNumberStart(code: number): boolean {
  return isDigit(code) || code === MINUS;
}

/** Whether it is one of 0 to 9. */
export function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** Whether a number can contain this character after its first. */
export function isInNumber(code: number): boolean {
  return isNumberStart(code) || code === POINT || code === LOWER_E || code === UPPER_E || code === PLUS;
}

/** Whether JSON allows it between values. */
export function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}
