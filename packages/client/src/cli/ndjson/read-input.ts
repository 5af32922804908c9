import { NEW_TASK_LIMITS } from "../../../../../shared/contract/new-task/payload-text.ts";
import { pathText } from "../../../../../shared/http/schema-problems.ts";
import { JsonTextError, readJson } from "../../../../../shared/json/read-json.ts";
import { RefusedError } from "../exit.ts";

/**
 * Reads JSON to send. It refuses what would change on the way, as the producer would: a number that a double can't
 * hold, a repeated field.
 *
 * @param what the subject of the error's sentence.
 * @throws RefusedError for that, and for text that isn't JSON.
 */
export function readInput(text: string, what: "The line" | "The payload"): unknown {
  try {
    return readJson(text, NEW_TASK_LIMITS).value;
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    const problems = error.problems.map(({ path, message }) => `${pathText(path)} ${message}`);
    throw new RefusedError(`${what} ${error.message}${problems.length === 0 ? "" : `: ${problems.join("; ")}`}.`);
  }
}
