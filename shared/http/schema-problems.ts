import type * as z from "zod";
import { cut } from "../process/cut.ts";
import { issueMessage } from "./issue-message.ts";
import type { RequestProblem } from "./problem.ts";

/** A list of a thousand wrong items helps nobody. */
const MAX_PROBLEMS = 100;
const MAX_PATH_LENGTH = 200;

/** The value that a schema checked, and how to refer to it. */
interface Checked {
  readonly value: unknown;
  /** The value's path in the whole. Default: it is the whole. */
  readonly path?: readonly PropertyKey[];
  /** The name of the whole. Default: "body". */
  readonly root?: string;
  /** How to describe a missing value. Default: "is missing". */
  readonly missing?: string;
}

/**
 * A schema's errors as paths and the ends of sentences ("payload.url", "is missing"); empty without an error. At most
 * 100 problems, with paths of at most 200 characters. No value is quoted unless a schema's own message quotes it.
 */
export function schemaProblems(error: z.core.$ZodError | undefined, checked: Checked): RequestProblem[] {
  return (error?.issues ?? []).flatMap((issue) => describe(issue, checked)).slice(0, MAX_PROBLEMS);
}

function describe(issue: z.core.$ZodIssue, checked: Checked): RequestProblem[] {
  const { value, root = "body", missing = "is missing" } = checked;
  const path = [...(checked.path ?? []), ...issue.path];
  const textOf = (parts: readonly PropertyKey[]): string => pathText(parts, root);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ path: textOf([...path, key]), message: "is not a known field: leave it out" }));
  }
  // A custom check of a missing field has a better message than that it is missing.
  const isMissing = issue.code !== "custom" && valueAt(value, issue.path) === undefined;
  return [{ path: textOf(path), message: isMissing ? missing : decapitalise(issueMessage(issue)) }];
}

/** A path as problems write it ("payload.items.0.id"), cut to 200 characters; `root` if it is empty. */
export function pathText(path: readonly PropertyKey[], root = "body"): string {
  return path.length === 0 ? root : cut(path.map(String).join("."), MAX_PATH_LENGTH);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** Messages of users' schemas may begin with a capital. "URL" and "A or B" keep theirs. */
function decapitalise(message: string): string {
  return message.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
