/** A body isn't JSON that can be passed on unchanged. The message is a sentence that says what is wrong. */
export class JsonBodyError extends Error {
  readonly code = "INVALID_JSON_BODY";
}

/** Schemas and serialisers walk values recursively, so nesting is limited. */
const DEFAULT_MAX_DEPTH = 100;

/**
 * Parses the body of a request. Broken text is refused rather than repaired, and so is anything that some part of the
 * system could not pass on unchanged: a field named `__proto__`, unpaired surrogates, numbers beyond the range of a
 * double.
 *
 * @throws JsonBodyError for all of that, and for a value nested more than `maxDepth` levels deep (default 100).
 */
export function parseJsonBody(bytes: ArrayBuffer | Uint8Array, maxDepth: number = DEFAULT_MAX_DEPTH): unknown {
  const value = parse(decodeUtf8(bytes));
  const problem = findProblem(value, maxDepth);
  if (problem !== undefined) throw new JsonBodyError(problem);
  return value;
}

function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JsonBodyError("The body is not valid UTF-8.", { cause });
  }
}

/** The parser's own message quotes the text, so it is dropped. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonBodyError("The body is not valid JSON.");
  }
}

/** Walks without recursion, because depth is what it checks. Only arrays and objects count as levels. */
function findProblem(root: unknown, maxDepth: number): string | undefined {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    const problem = scalarProblem(value);
    if (problem !== undefined) return problem;
    if (typeof value !== "object" || value === null) continue;
    if (depth === maxDepth) return `The body is nested more than ${maxDepth} levels deep.`;
    for (const [key, child] of Object.entries(value)) {
      if (key === "__proto__") return "The body has a field named __proto__, which is not allowed.";
      if (!key.isWellFormed()) return "The body has a field name with unpaired surrogates.";
      open.push({ value: child, depth: depth + 1 });
    }
  }
  return undefined;
}

function scalarProblem(value: unknown): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value))
    return "The body has a number beyond the range of a double.";
  if (typeof value === "string" && !value.isWellFormed()) return "The body has text with unpaired surrogates.";
  return undefined;
}
