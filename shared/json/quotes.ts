import type { Json } from "../contract/any-json.ts";

/** What replaces a quote. */
const MASK = "[payload]";

/**
 * Any part of a value that is this long counts as a quote: JSON.parse quotes ten characters. A shorter value must occur
 * whole.
 */
const LONG = 10;
/** Values shorter than this could be any word. */
const SHORTEST = 4;

/** Every part of `LONG` characters contains a gram that begins at a multiple of the gram's length. */
const GRAM = LONG / 2;

/** If the search takes more steps than this, the whole text counts as a quote. */
const MAX_STEPS = 1_000_000;

const WORD = /[\p{L}\p{N}_]/u;

/** A key that an author would use for a field. Other keys, such as an address or a number, are the sender's data. */
const FIELD_NAME = /^[\p{L}_$][\p{L}\p{N}_$-]*$/u;

/**
 * Removes what a text quotes from a payload: the payload's texts and numbers, and keys that aren't field names. It
 * doesn't recognise values that were changed, for example by encoding, or that have at most three characters. The text
 * should be short: 500 characters and a payload of 900 KiB take up to 100 ms.
 */
export function redactQuotes(text: string, payload: Json): string {
  const search = new Search(text);
  forEachText(payload, (value) => search.look(value));
  return search.steps > MAX_STEPS ? MASK : masked(text, search.isQuoted);
}

/** The positions in a text of each substring. */
type Places = Map<string, number[]>;

/** Looks for values in a text, and marks what it finds. */
class Search {
  readonly isQuoted: boolean[];
  steps = 0;
  readonly #text: string;
  readonly #wholes: Places;
  readonly #grams: Places;

  constructor(text: string) {
    this.#text = text;
    this.#wholes = wholesOf(text);
    this.#grams = gramsOf(text);
    this.isQuoted = Array.from({ length: text.length }, () => false);
  }

  look(value: string): void {
    if (value.length >= LONG) this.#lookForStretches(value);
    else if (this.steps <= MAX_STEPS) this.#lookForWhole(value);
  }

  #lookForWhole(value: string): void {
    for (const at of this.#wholes.get(value) ?? []) {
      this.steps++;
      this.isQuoted.fill(true, at, at + value.length);
    }
  }

  /** Marks every long part of a value that also occurs in the text. */
  #lookForStretches(value: string): void {
    for (let at = 0; at + GRAM <= value.length && this.steps <= MAX_STEPS; at += GRAM) {
      for (const place of this.#grams.get(value.slice(at, at + GRAM)) ?? []) {
        this.steps++;
        if (!this.isQuoted[place] || this.isQuoted[place + GRAM] === false) this.#extend(value, at, place);
      }
    }
  }

  /** Marks the common part around a gram of the value and a place in the text, if it is long. */
  #extend(value: string, at: number, place: number): void {
    const text = this.#text;
    let before = 0;
    while (before < at && before < place && value[at - before - 1] === text[place - before - 1]) before++;
    let after = GRAM;
    while (place + after < text.length && value[at + after] === text[place + after]) after++;
    this.steps += before + after;
    if (before + after >= LONG) this.isQuoted.fill(true, place - before, place + after);
  }
}

function gramsOf(text: string): Places {
  const grams: Places = new Map();
  for (let at = 0; at + GRAM <= text.length; at++) add(grams, text.slice(at, at + GRAM), at);
  return grams;
}

/** The candidates for a whole short value: they neither begin nor end within a word. */
function wholesOf(text: string): Places {
  const splitsWord = (at: number): boolean => WORD.test(text[at - 1] ?? "") && WORD.test(text[at] ?? "");
  const ends = Array.from({ length: text.length + 1 }, (_, at) => at).filter((at) => !splitsWord(at));
  const wholes: Places = new Map();
  for (const [index, from] of ends.entries()) {
    for (let next = index + 1; next < ends.length; next++) {
      const to = ends[next] ?? text.length;
      if (to - from >= LONG) break;
      if (to - from >= SHORTEST) add(wholes, text.slice(from, to), from);
    }
  }
  return wholes;
}

function add(places: Places, what: string, at: number): void {
  const known = places.get(what);
  if (known) known.push(at);
  else places.set(what, [at]);
}

/** A payload's texts, its numbers as texts, and keys that aren't field names. Not recursive: it may be deep. */
function forEachText(payload: Json, use: (text: string) => void): void {
  const left: Json[] = [payload];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value === "string") use(value);
    else if (typeof value === "number") use(String(value));
    else if (typeof value === "object" && value !== null) {
      if (!Array.isArray(value)) for (const key of Object.keys(value)) if (!FIELD_NAME.test(key)) use(key);
      for (const inner of Object.values(value)) left.push(inner);
    }
  }
}

function masked(text: string, isQuoted: readonly boolean[]): string {
  let kept = "";
  for (let at = 0; at < text.length; at++) {
    if (!isQuoted[at]) kept += text[at];
    else if (!isQuoted[at - 1]) kept += MASK;
  }
  return kept;
}
