import { isExactNumber } from "./exact-number.ts";
import { endOfNumber, endOfText, isNumberStart } from "./json-characters.ts";

/** What can't be passed on unchanged: its path, and the end of a sentence that says what is wrong and what to do. */
export interface JsonProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const TOO_LARGE = "is a number beyond the range of a double";
const CHANGED = "is a number that a double can't hold unchanged: send it as text";
const REPEATED = "is a duplicate: leave one out";
const PROTO = "is a name that no field may have";
const HALF_A_PAIR = "has unpaired surrogates";

/** An array or object that contains the current position. */
interface Level {
  /** An object's names so far; undefined for an array. */
  readonly names: Set<string> | undefined;
  /** The current field or item. */
  at: string | number;
}

/**
 * Finds the parts of a JSON text that can't be passed on unchanged. Slower than `tallyJson`, but still linear in the
 * text's length.
 *
 * @param most how many problems to list.
 */
export function findJsonProblems(text: string, most: number): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const levels: Level[] = [];
  const report = (message: string): void => void problems.push({ path: levels.map(({ at }) => at), message });
  for (let from = 0; from < text.length && problems.length < most; from++) {
    const level = levels.at(-1);
    const character = text.charAt(from);
    if (character === '"') {
      const end = endOfText(text, from);
      const string = decode(text.slice(from, end + 1));
      if (level?.names && isFollowedByColon(text, end)) {
        level.at = string;
        reportName(string, level.names, report);
      } else if (!string.isWellFormed()) report(HALF_A_PAIR);
      from = end;
    } else if (isNumberStart(text.charCodeAt(from))) {
      const end = endOfNumber(text, from);
      reportNumber(text.slice(from, end), report);
      from = end - 1;
    } else move(character, levels);
  }
  return problems;
}

function move(character: string, levels: Level[]): void {
  const level = levels.at(-1);
  if (character === "{") levels.push({ names: new Set(), at: "" });
  else if (character === "[") levels.push({ names: undefined, at: 0 });
  else if (character === "}" || character === "]") levels.pop();
  else if (character === "," && typeof level?.at === "number") level.at++;
}

function reportName(name: string, names: Set<string>, report: (message: string) => void): void {
  if (name === "__proto__") report(PROTO);
  if (!name.isWellFormed()) report(HALF_A_PAIR);
  if (names.has(name)) report(REPEATED);
  names.add(name);
}

function reportNumber(literal: string, report: (message: string) => void): void {
  if (!isExactNumber(literal)) report(Number.isFinite(Number(literal)) ? CHANGED : TOO_LARGE);
}

/** `"a"` and `"\u0061"` are the same name. */
function decode(quoted: string): string {
  const decoded: unknown = quoted.includes("\\") ? JSON.parse(quoted) : quoted.slice(1, -1);
  return String(decoded);
}

function isFollowedByColon(text: string, end: number): boolean {
  let at = end + 1;
  while (/\s/.test(text.charAt(at))) at++;
  return text.charAt(at) === ":";
}
