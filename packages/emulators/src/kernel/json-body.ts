/** A body is not JSON. The message is a sentence that says what is wrong, without quoting the body. */
export class JsonBodyError extends Error {
  readonly code = "INVALID_JSON_BODY";
}

/** Replaces a parsed value; `source` is the text of a number. */
type Revive = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** Schemas and serialisers walk values recursively, so deeper ones could exhaust the stack. */
const MAX_LEVELS = 100;

/**
 * Parses a request's body.
 *
 * @param revive as for `JSON.parse`. Default: none.
 * @throws JsonBodyError when it is not UTF-8, not JSON, or nested more than 100 levels deep.
 */
export function parseJsonBody(bytes: ArrayBuffer | Uint8Array, revive?: Revive): unknown {
  const value = parse(decodeUtf8(bytes), revive);
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_LEVELS) throw new JsonBodyError(`The body is nested more than ${MAX_LEVELS} levels deep.`);
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return value;
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JsonBodyError("The body is not valid UTF-8.", { cause });
  }
}

/** Leaves out the parser's own message, which quotes the text. */
function parse(text: string, revive: Revive | undefined): unknown {
  try {
    return JSON.parse(text, revive);
  } catch {
    throw new JsonBodyError("The body is not valid JSON.");
  }
}
