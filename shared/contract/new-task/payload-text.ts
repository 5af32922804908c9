import type * as z from "zod";
import { schemaProblems, pathText } from "../../http/schema-problems.ts";
import type { RequestProblem } from "../../http/problem.ts";
import { JsonTextError, type ReadJson, readJson } from "../../json/read-json.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES, type PayloadText } from "../envelope.ts";
import { hashCanonical } from "../payload-hash.ts";
import { MAX_LEVELS, isPlainObject, findJsonLosses } from "./json-losses.ts";

/**
 * The limits on a new task's JSON. They are lower than the worker's: the envelope adds a level and some values, and the
 * worker must accept what earlier revisions did. A payload may have 32,768 values; the rest is for the fields around
 * it.
 */
export const NEW_TASK_LIMITS = { maxDepth: MAX_LEVELS, maxValues: 33_000 };

/** A type's name, and the schema of its payloads. */
interface Target {
  readonly type: string;
  readonly payload: z.ZodType;
}

/**
 * Serialises a program's payload to text that the producer would accept in a request. It refuses values that JSON would
 * change silently: a Date, NaN, an undefined item of a list. It leaves undefined fields out.
 *
 * @param maxBytes the most bytes that the text may have. Default: the producer's default limit.
 * @throws TypeError that lists every problem with its path. It quotes no value, unless the schema's own message does.
 */
export function payloadTextOf(
  { type, payload: schema }: Target,
  payload: unknown,
  maxBytes = DEFAULT_MAX_PAYLOAD_BYTES,
): PayloadText {
  const refuse = (problems: readonly RequestProblem[]): never => {
    const sentences = problems.map(({ path, message }) => `${path} ${message}`);
    throw new TypeError(`The payload is not one of ${type}: ${sentences.join("; ")}.`);
  };
  const changed = findJsonLosses(payload, ["payload"]);
  if (changed.length > 0) refuse(changed);
  const { value, fields } = readAsDelivered(payload, refuse);
  const problems = schemaProblems(schema.safeParse(value).error, { value, path: ["payload"] });
  if (problems.length > 0) refuse(problems);
  const json = fields.get("payload")?.plain ?? JSON.stringify(value);
  if (Buffer.byteLength(json) > maxBytes) {
    refuse([
      { path: "payload", message: `has more than ${maxBytes} bytes as JSON: store it elsewhere, and refer to it` },
    ]);
  }
  return { json, hash: hashCanonical(fields.get("payload")?.canonical ?? "") };
}

/** The payload as the handler will see it, and its hash. */
function readAsDelivered(payload: unknown, refuse: (problems: readonly RequestProblem[]) => never): ReadJson {
  try {
    const { value, fields } = readJson(JSON.stringify({ payload }), NEW_TASK_LIMITS);
    return { value: isPlainObject(value) ? value["payload"] : undefined, fields };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const { message, problems } = error;
    return refuse(
      problems.length === 0
        ? [{ path: "payload", message }]
        : problems.map((problem) => ({ path: pathText(problem.path), message: problem.message })),
    );
  }
}
