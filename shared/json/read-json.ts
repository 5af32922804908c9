import { CanonicalHasher, NotJsonError } from "./canonical-hash.ts";
import { type JsonProblem, findJsonProblems } from "./json-problems.ts";
import { type JsonTally, tallyJson } from "./tally-json.ts";

/** How much JSON is read. */
export interface JsonLimits {
  /** How many arrays and objects may be nested. Every schema, serializer and handler recurses into them. */
  readonly maxDepth: number;
  /** How many values there may be: texts, numbers, literals, arrays and objects. Each costs memory and time. */
  readonly maxValues: number;
}

/** A text isn't JSON that can be passed on unchanged. The message follows "the text"; nothing here quotes a value. */
export class JsonTextError extends Error {
  readonly code = "INVALID_JSON";
  /** What can't be passed on unchanged, and where; empty if the trouble is with the text as a whole. */
  readonly problems: readonly JsonProblem[];

  constructor(message: string, problems: readonly JsonProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}

/** JSON that was read. */
export interface ReadJson {
  readonly value: unknown;
  /** The SHA-256 of an object's fields in their canonical form, by their names; empty for anything but an object. */
  readonly hashes: ReadonlyMap<string, string>;
}

const MAX_PROBLEMS = 100;

/**
 * Parses JSON, and refuses what some part of the system could not pass on unchanged: numbers that a double can't hold,
 * repeated fields, a field named `__proto__`, half a surrogate pair. Costs one look at the text, one parse and one walk
 * over the value, whatever the text.
 *
 * @throws JsonTextError for all of that, for text that isn't JSON, and for JSON beyond the limits.
 */
export function readJson(text: string, limits: JsonLimits): ReadJson {
  const tally = tallyJson(text);
  refuseExcess(tally, limits);
  const value = parse(text);
  const read = walk(value, tally);
  if (read) return read;

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

/** The value and the hashes of its fields; undefined if anything in it can't be passed on unchanged. */
function walk(value: unknown, { members, isExact }: JsonTally): ReadJson | undefined {
  try {
    const hasher = new CanonicalHasher();
    const fields = isObject(value) ? Object.entries(value) : [];
    const hashes = new Map(fields.map(([name, field]) => [name, hasher.hashOf(field)]));
    if (!isObject(value)) hasher.hashOf(value);
    // Of a field that is repeated, the parser keeps the last one.
    const isWhole = hasher.members + fields.length === members;
    const isSound = fields.every(([name]) => name.isWellFormed() && name !== "__proto__") && !hasher.hasProto;
    return isExact && isWhole && isSound ? { value, hashes } : undefined;
  } catch (error) {
    if (error instanceof NotJsonError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
