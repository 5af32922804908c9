import type { z } from "@hono/zod-openapi";
import type { RequestProblem } from "./problem.ts";

/** The most problems that are listed: a list of a thousand wrong items helps nobody. */
const MOST_PROBLEMS = 100;
const LONGEST_PATH = 200;

/** The value that a schema checked, and where it stands in the request's body. */
interface Checked {
  readonly value: unknown;
  readonly path: readonly PropertyKey[];
}

/** What a schema found wrong, as paths and sentences. */
export function toRequestProblems(issues: readonly z.core.$ZodIssue[], checked: Checked): RequestProblem[] {
  return issues.flatMap((issue) => describeIssue(issue, checked)).slice(0, MOST_PROBLEMS);
}

function describeIssue(issue: z.core.$ZodIssue, checked: Checked): RequestProblem[] {
  const path = [...checked.path, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: toPath([...path, key]), message: "is not a known field: leave it out" }));
  }
  const missing = issue.code === "invalid_type" && valueAt(checked.value, issue.path) === undefined;
  return [{ path: toPath(path), message: missing ? "is missing" : decapitalise(issue.message) }];
}

function toPath(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "body" : path.map(String).join(".").slice(0, LONGEST_PATH);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function decapitalise(message: string): string {
  return `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`;
}
