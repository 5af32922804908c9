import type { RequestProblem } from "../../http/problem.ts";
import { pathText } from "../../http/schema-problems.ts";

/** How deeply a new task's arrays and objects may be nested. */
export const MAX_LEVELS = 64;

/** More problems than anybody would read. */
const MAX_PROBLEMS = 100;

/**
 * Finds the values that `JSON.stringify` would change silently, leave out or throw at: at most 100 problems. Undefined
 * fields are allowed. It looks no deeper than a payload may be nested.
 */
export function findJsonLosses(value: unknown, path: readonly PropertyKey[]): RequestProblem[] {
  const problems: RequestProblem[] = [];
  for (const problem of changesIn(value, path)) {
    problems.push(problem);
    if (problems.length === MAX_PROBLEMS) break;
  }
  return problems;
}

function* changesIn(value: unknown, path: readonly PropertyKey[]): Generator<RequestProblem> {
  const problem = (message: string): RequestProblem => ({ path: pathText(path), message });
  if (path.length > MAX_LEVELS) yield problem(`is nested more than ${MAX_LEVELS} levels deep`);
  else if (typeof value === "number" && !Number.isFinite(value)) yield problem(`is ${value}, which JSON doesn't have`);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* changesIn(item, [...path, index]);
  } else if (isPlainObject(value)) {
    const fields = Object.entries(value).filter(([, field]) => field !== undefined);
    for (const [name, field] of fields) yield* changesIn(field, [...path, name]);
  } else if (value === undefined) yield problem("is missing");
  else if (value !== null && !["string", "number", "boolean"].includes(typeof value)) {
    yield problem(`is ${describe(value)}, which JSON doesn't have`);
  }
}

/** Whether a value is an object that JSON can represent, not an instance of a class. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Some test runners, such as Jest, run tests in a realm of their own with its own Object.prototype.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain && !("toJSON" in value);
}

function describe(value: unknown): string {
  if (typeof value !== "object" || value === null) return `a ${typeof value}`;
  return "constructor" in value && typeof value.constructor === "function"
    ? `an instance of ${value.constructor.name}`
    : "an object of its own kind";
}
