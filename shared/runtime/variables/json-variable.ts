import * as z from "zod";
import { schemaProblems } from "../../http/schema-problems.ts";
import { JsonTextError, readJson } from "../../json/read-json.ts";

/** Enough for lists of names and addresses. */
const LIMITS = { maxDepth: 4, maxValues: 10_000 };

/** A variable that contains JSON of a schema. Each problem names its path. */
export function jsonVariable<Schema extends z.ZodType>(schema: Schema) {
  return z.string().transform((text, context): z.output<Schema> => {
    const value = valueOf(text);
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const problems =
      value === undefined
        ? [{ path: "", message: "must be JSON without repeated fields" }]
        : schemaProblems(parsed.error, { value, root: "" });
    for (const { path, message } of problems) {
      context.addIssue({ code: "custom", path: path === "" ? [] : path.split("."), message });
    }
    return z.NEVER;
  });
}

/** Undefined if the text isn't JSON, or contains a key twice. */
function valueOf(text: string): unknown {
  try {
    return readJson(text, LIMITS).value;
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return undefined;
  }
}
