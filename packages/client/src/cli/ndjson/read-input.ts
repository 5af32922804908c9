import { NEW_TASK_LIMITS } from "../../../../../shared/contract/new-task/payload-text.ts";
import { pathText } from "../../../../../shared/http/schema-problems.ts";
import { JsonTextError, readJson } from "../../../../../shared/json/read-json.ts";
import { RefusedError } from "../exit.ts";

/**
 * Reads JSON that is to be sent. What would change on its way is refused here, as the producer would refuse it: a number
 * that a double can't hold, a field that is there twice.
 *
 * @param what what the text is, as the beginning of a sentence.
 * @throws RefusedError for that, and for what isn't JSON.
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
