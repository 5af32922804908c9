/** A body is not JSON in UTF-8; the message says what is wrong. */
export class JsonBodyError extends Error {
  readonly code = "INVALID_JSON_BODY";
}

/** Deeper values are refused: schemas and serialisers walk them by recursion. */
const MAX_DEPTH = 100;

/**
 * Parses a request's body. Invalid UTF-8 is refused, not replaced.
 *
 * @throws JsonBodyError when the bytes are not UTF-8, not JSON, or nested more than 100 levels deep.
 */
export function parseJsonBody(bytes: ArrayBuffer | Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonBodyError("The body is not valid JSON.", { cause });
  }
  if (isDeeperThan(value, MAX_DEPTH)) throw new JsonBodyError(`The body is nested more than ${MAX_DEPTH} levels deep.`);
  return value;
}

function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JsonBodyError("The body is not valid UTF-8.", { cause });
  }
}

/** Level by level, so that a deep value can't exhaust the stack here either. Only arrays and objects make a level. */
function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((container) => Object.values(container).filter(isContainer));
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
