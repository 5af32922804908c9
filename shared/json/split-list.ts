import { CLOSE_LIST, CLOSE_OBJECT, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE, endOfText } from "./json-characters.ts";

/** The parts of a text that is an object with a list. */
export interface SplitList {
  /** The object with an empty list. */
  readonly frame: string;
  /** The texts of the list's items, in order. */
  readonly items: readonly string[];
}

const EMPTY_PATTERN = /^[ \t\n\r]*$/;

/**
 * Splits the JSON text of an object at the list in one of its fields, without parsing it. The list's items can then be
 * parsed one by one. The whole is JSON if, and only if, the frame and all items are. Never throws. If the text isn't an
 * object with such a list, or the list has more than `most` items, the frame is the whole text.
 */
export function splitList(text: string, { field, most }: { readonly field: string; readonly most: number }): SplitList {
  const start = startOfList(text, field);
  const items: string[] = [];
  for (let from = start; from !== undefined && items.length <= most;) {
    const end = endOfValue(text, from);
    const item = text.slice(from, end);
    const isLast = text[end] !== ",";
    if (!isLast || items.length > 0 || !EMPTY_PATTERN.test(item)) items.push(item);
    if (isLast && items.length <= most) return { frame: text.slice(0, start) + text.slice(end), items };
    from = isLast ? undefined : end + 1;
  }
  return { frame: text, items: [] };
}

/** The position after the list's opening bracket; undefined if the field is missing or isn't a list. */
function startOfList(text: string, field: string): number | undefined {
  const opening = nextVisible(text, 0);
  if (text[opening] !== "{") return undefined;
  for (let from = opening + 1; ;) {
    const name = nextVisible(text, from);
    const end = endOfText(text, name);
    const colon = nextVisible(text, end + 1);
    const value = nextVisible(text, colon + 1);
    if (text[name] !== '"' || text[colon] !== ":") return undefined;
    if (text[value] === "[" && nameIn(text.slice(name, end + 1)) === field) return value + 1;
    const comma = endOfValue(text, value);
    if (text[comma] !== ",") return undefined;
    from = comma + 1;
  }
}

/** `"tasks"` and `"\u0074asks"` are the same name. */
function nameIn(quoted: string): unknown {
  try {
    return JSON.parse(quoted);
  } catch {
    return undefined;
  }
}

function nextVisible(text: string, from: number): number {
  let at = from;
  while (EMPTY_PATTERN.test(text.charAt(at)) && at < text.length) at++;
  return at;
}

/** The end of the value that begins at `from`: the comma or bracket after it, or the end of the text. */
function endOfValue(text: string, from: number): number {
  let open = 0;
  for (let at = from; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfText(text, at);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        open++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (open-- === 0) return at;
        break;
      case COMMA:
        if (open === 0) return at;
        break;
      default:
    }
  }
  return text.length;
}
