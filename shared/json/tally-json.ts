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

/** What can be told about a text before it is parsed. Without a meaning if the text isn't JSON. */
export interface JsonTally {
  /** How many arrays and objects are around the innermost one, itself included. */
  readonly depth: number;
  /** Every text, number, literal, array and object. A field's name isn't one. */
  readonly values: number;
}

/**
 * Reads over a text once, without parsing it: that is cheap, and shows whether parsing it would be. Never throws, whatever
 * the text.
 */
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
