import {
  CLOSE_LIST,
  CLOSE_OBJECT,
  COLON,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
  endOfNumber,
  endOfText,
  isNumberStart,
} from "./json-characters.ts";

/** What can be known of a text before it is parsed. Meaningless if the text isn't JSON. */
export interface JsonTally {
  /** How deeply arrays and objects are nested. */
  readonly depth: number;
  /** The number of texts, numbers, literals, arrays and objects. Field names don't count. */
  readonly values: number;
}

/** Scans a text once without parsing it. That is cheap, and shows whether parsing would be. Never throws. */
export function tallyJson(text: string): JsonTally {
  let open = 0;
  let depth = 0;
  let begun = 0;
  let names = 0;
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
        names++;
        break;
      case LOWER_F:
      case LOWER_N:
      case LOWER_T:
        begun++;
        break;
      default: {
        if (!isNumberStart(code)) break;
        begun++;
        at = endOfNumber(text, at) - 1;
      }
    }
  }
  return { depth, values: begun - names };
}
