import type { JsonProblem } from "../json/json-problems.ts";
import { type JsonLimits, JsonTextError, type ReadJson, readJson } from "../json/read-json.ts";
import type { RequestProblem } from "./problem.ts";
import { pathText } from "./schema-problems.ts";

/** The body isn't JSON that can be passed on unchanged. The message is a sentence that says what is wrong. */
export class JsonBodyError extends Error {
  readonly code = "INVALID_JSON_BODY";
  /** The problems with parts of the body; empty if the whole body is at fault. */
  readonly problems: readonly RequestProblem[];

  constructor(message: string, { problems = [], ...options }: ErrorOptions & { problems?: RequestProblem[] } = {}) {
    super(message, options);
    this.problems = problems;
  }
}

/**
 * Parses a request's body. It refuses broken text rather than repairing it, and anything that some part of the system
 * couldn't pass on unchanged; see `readJson`.
 *
 * @throws JsonBodyError for all of that, and for a body beyond the limits.
 */
export function parseJsonBody(bytes: ArrayBuffer | Uint8Array, limits: JsonLimits): ReadJson {
  return parseJsonText(decodeUtf8(bytes), limits);
}

/**
 * Parses a body, or a part of one, that is already text.
 *
 * @throws JsonBodyError as `parseJsonBody` does.
 */
export function parseJsonText(text: string, limits: JsonLimits): ReadJson {
  try {
    return readJson(text, limits);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const problems = error.problems.map(inBody);
    const [first] = problems;
    const message = `The body ${error.message}${first ? `: ${first.path} ${first.message}` : ""}.`;
    throw new JsonBodyError(message, { problems });
  }
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of a body.
 *
 * @throws JsonBodyError for bytes that aren't UTF-8.
 */
export function decodeUtf8(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch (cause) {
    throw new JsonBodyError("The body is not valid UTF-8.", { cause });
  }
}

function inBody({ path, message }: JsonProblem): RequestProblem {
  return { path: pathText(path), message };
}
