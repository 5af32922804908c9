import { type CanonicalText, readCanonical } from "./canonical-text.ts";
import { type JsonProblem, findJsonProblems } from "./json-problems.ts";
import { type JsonTally, tallyJson } from "./tally-json.ts";

/** The limits on JSON that is read. */
export interface JsonLimits {
  /** How deeply arrays and objects may be nested. Every schema, serializer and handler recurses into them. */
  readonly maxDepth: number;
  /** How many values there may be: texts, numbers, literals, arrays and objects. Each costs memory and time. */
  readonly maxValues: number;
}

/** The text isn't JSON that can be passed on unchanged. The message follows "the text", and quotes no value. */
export class JsonTextError extends Error {
  readonly code = "INVALID_JSON";
  /** What can't be passed on unchanged, and where; empty if the text as a whole is at fault. */
  readonly problems: readonly JsonProblem[];

  constructor(message: string, problems: readonly JsonProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** The result of reading JSON. */
export interface ReadJson {
  readonly value: unknown;
  /** The texts of an object's fields, by name; empty for anything but an object. */
  readonly fields: CanonicalText["fields"];
}

const MAX_PROBLEMS = 100;

/**
 * Parses JSON, and refuses what some part of the system couldn't pass on unchanged: numbers that a double can't hold,
 * repeated fields, a field named `__proto__`, a lone surrogate. It costs a scan of the text, a parse, another scan, and
 * one write of the parts that aren't canonical.
 *
 * @throws JsonTextError for all of that, for text that isn't JSON, and for JSON beyond the limits.
 */
export function readJson(text: string, limits: JsonLimits): ReadJson {
  refuseExcess(tallyJson(text), limits);
  const value = parse(text);
  const { fields, isSound, hasProto } = readCanonical(text);
  if (isSound && !hasProto) return { value, fields };

  const problems = findJsonProblems(text, MAX_PROBLEMS);
  throw new JsonTextError("can't be passed on unchanged", problems);
}

function refuseExcess({ depth, values }: JsonTally, { maxDepth, maxValues }: JsonLimits): void {
  if (depth > maxDepth) throw new JsonTextError(`is nested more than ${maxDepth} levels deep`);
  if (values > maxValues) throw new JsonTextError(`has more than ${maxValues} JSON values`);
}

/** The parser's own message quotes the text, so it is dropped. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonTextError("is not valid JSON");
  }
}
