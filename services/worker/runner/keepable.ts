import type { Json } from "../../../shared/contract/any-json.ts";
import type { TaskError } from "../../../shared/records/task-record.ts";
import { shorten } from "../../../shared/process/cut.ts";
import type { Logger } from "../../../shared/runtime/log.ts";
import { textOf } from "../../../shared/process/thrown.ts";

/** A result is kept in the task's record and status, which aren't meant for documents. */
const MAX_RESULT_BYTES = 64 * 1024;
/** As deep as a payload may be: whoever reads a result walks it. */
const MAX_RESULT_DEPTH = 64;

/** An error is kept next to the payload in the dead letter. These are its limits, in characters; the rest is cut. */
const MAX_CODE_LENGTH = 100;
const MAX_MESSAGE_LENGTH = 2_000;

/** Half of a surrogate pair, as JSON.stringify writes it. Any other escape is matched too, so that `\\ud800` isn't. */
const ESCAPE = /\\(?:u(d[89a-f][0-9a-f]{2})|.)/g;

/** A handler's error as it can be recorded. Firestore refuses a record that is too large, and text that isn't UTF-8. */
export function keepableError({ code, message }: TaskError): TaskError {
  return { code: shorten(textOf(code), MAX_CODE_LENGTH), message: shorten(textOf(message), MAX_MESSAGE_LENGTH) };
}

/**
 * A handler's result as it can be recorded; null if it can't be. A handler may return anything, and by the time that
 * turns out the work is done. Repeating it would be worse than losing the result.
 */
export function keepableResult(result: unknown, context: { readonly log: Logger }): Json {
  if (result === undefined) return null;
  const text = jsonOf(result);
  if (text === undefined) {
    context.log.error({}, "the handler's result is not JSON and is not kept");
    return null;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_RESULT_BYTES) {
    context.log.error({ bytes, maxBytes: MAX_RESULT_BYTES }, "the handler's result is too large and is not kept");
    return null;
  }
  if (depthOf(text) > MAX_RESULT_DEPTH) {
    context.log.error({ maxDepth: MAX_RESULT_DEPTH }, "the handler's result is nested too deeply and is not kept");
    return null;
  }
  // Parsed again, so that what is recorded is what was checked: a `toJSON` may say something else next time.
  return JSON.parse(text);
}

/**
 * A value as well-formed JSON; undefined for what JSON can't hold, such as a BigInt, a cycle or a `toJSON` that throws, or
 * would lose, as it makes null of NaN.
 */
function jsonOf(value: unknown): string | undefined {
  try {
    // It returns undefined for a function, whatever its type says.
    const text: unknown = JSON.stringify(value, refuseLostNumber);
    return typeof text === "string" ? text.replace(ESCAPE, (escape, half) => (half ? "\ufffd" : escape)) : undefined;
  } catch {
    return undefined;
  }
}

function refuseLostNumber(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) throw new RangeError("JSON has no such number.");
  return value;
}

/** How many arrays and objects of a JSON text lie within each other. Doesn't recurse, since depth is what it finds. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  for (const bracket of json.replace(/"(?:[^"\\]|\\.)*"/g, "")) {
    if (bracket === "[" || bracket === "{") deepest = Math.max(deepest, ++depth);
    else if (bracket === "]" || bracket === "}") depth--;
  }
  return deepest;
}
