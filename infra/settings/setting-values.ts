import * as z from "zod";
import type { JsonProblem } from "../../shared/json/json-problems.ts";
import { JsonTextError, readJson } from "../../shared/json/read-json.ts";

/** A whole stack has fewer values than one payload may have. */
const LIMITS = { maxDepth: 66, maxValues: 100_000 };

/**
 * The value of a setting: the parsed JSON if it is structured, as Pulumi passes it, or the text itself. The problems
 * list what a structured value would lose, such as the digits of a number in a schedule's payload.
 */
export function readStructured(text: string): { readonly value: unknown; readonly problems: readonly JsonProblem[] } {
  if (!/^\s*[[{]/.test(text)) return { value: text, problems: [] };
  try {
    return { value: readJson(text, LIMITS).value, problems: [] };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return { value: text, problems: error.problems };
  }
}

/** `true` or `false` in a setting. */
export const trueOrFalse = z
  .enum(["true", "false"], { error: "must be true or false" })
  .transform((text) => text === "true");

/** One of a fixed set of words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, { error: `must be one of ${words.join(", ")}` });
}

/** A list, written as YAML or JSON. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: "must be a list" });
}
