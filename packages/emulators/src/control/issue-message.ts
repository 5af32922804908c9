import type * as z from "zod";

type RawIssue = z.core.$ZodRawIssue;

const TYPES: ReadonlyMap<string, string> = new Map([
  ["string", "must be a string"],
  ["number", "must be a number"],
  ["int", "must be a whole number"],
  ["array", "must be a list"],
  ["object", "must be an object"],
]);

/** Zod's parameters for a parse whose errors people read. A schema's own messages take precedence. */
export const PLAIN_WORDS = { error: issueMessage };

/** What an issue says, as the end of a sentence that begins with the path; undefined leaves it to zod. */
function issueMessage(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : TYPES.get(issue.expected);
    case "invalid_value":
      return oneOf(issue.values);
    case "invalid_union":
      return Array.isArray(issue.options) ? oneOf(issue.options) : anyOf(issue.errors);
    case "too_small":
      return issue.origin === "number" ? `must be at least ${issue.minimum}` : undefined;
    case "too_big":
      return issue.origin === "number" ? `must be at most ${issue.maximum}` : undefined;
    case "unrecognized_keys":
      return `has unknown fields: leave out ${issue.keys.join(", ")}`;
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  const all = values.map((value) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  return all.length <= 2 ? `must be ${all.join(" or ")}` : `must be one of ${all.join(", ")}`;
}

/** "must be a number or a string". */
function anyOf(forms: readonly (readonly z.core.$ZodIssue[])[]): string {
  const [first = "is not valid", ...more] = new Set(forms.flat().map(({ message }) => message));
  return [first, ...more.map((message) => message.replace(/^must be /, ""))].join(" or ");
}
