import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RequestProblem } from "../../../shared/http/problem.ts";
import { pathText, schemaProblems } from "../../../shared/http/schema-problems.ts";

export type ReadQuery<T> =
  | { readonly kind: "read"; readonly query: T }
  | { readonly kind: "invalid"; readonly problems: readonly RequestProblem[] };

/**
 * Reads a request's query parameters, or lists everything wrong with them. The schema's fields are texts, as in the
 * URL. A parameter that isn't in the schema is a problem, since a misspelt filter would list everything; so is a
 * repeated one.
 */
export function readQuery<Schema extends z.ZodObject>(context: Context, schema: Schema): ReadQuery<z.output<Schema>> {
  const { searchParams } = new URL(context.req.url);
  const names = [...new Set(searchParams.keys())];
  const given = Object.fromEntries(searchParams);
  const { data, error } = schema.safeParse(given);
  const problems = [
    ...names.filter((name) => !Object.hasOwn(schema.shape, name)).map((name) => unknown(name)),
    ...names.filter((name) => searchParams.getAll(name).length > 1).map((name) => repeated(name)),
    ...schemaProblems(error, { value: given, root: "query" }),
  ];
  return data && problems.length === 0 ? { kind: "read", query: data } : { kind: "invalid", problems };
}

function unknown(name: string): RequestProblem {
  return { path: pathText([name], "query"), message: "is not a known query parameter: leave it out" };
}

function repeated(name: string): RequestProblem {
  return { path: pathText([name], "query"), message: "is given more than once: give it once" };
}

/** The query of an endpoint without parameters. */
export const noParameters = z.object({});

/** A parameter that is a positive integer. */
export function countParameter(about: { readonly what: string; readonly most: number; readonly byDefault: number }) {
  const { what, most, byDefault } = about;
  const rule = `must be a whole number from 1 to ${most}`;
  return z
    .string()
    .regex(/^[0-9]{1,9}$/, rule)
    .transform(Number)
    .pipe(z.int().min(1, rule).max(most, rule))
    .default(byDefault)
    .describe(`${what} Default: ${byDefault}.`);
}

/** The parameter `limit` of a list. */
export function limitParameter(limits: { readonly most: number; readonly byDefault: number }) {
  return countParameter({ what: "The most items to list.", ...limits });
}

/** A place can contain an id of 1,500 bytes, which JSON may escape. Node refuses URLs of more than 16 KiB. */
const MAX_CURSOR_LENGTH = 13_000;

/** The parameter `cursor` of a list. `readCursor` checks that it belongs to the list. */
export const cursorParameter = z
  .string()
  .max(MAX_CURSOR_LENGTH)
  .optional()
  .meta({
    format: "cursor",
    description:
      "Where to continue: the nextCursor of an earlier response to the same request. It isn't valid with another filter. " +
      "Default: the beginning of the list.",
  });

/** Describes a schema's query parameters. */
export function queryParameters(schema: z.ZodObject) {
  return Object.entries(schema.shape).map(([name, field]) => queryParameter(name, field));
}

function queryParameter(name: string, field: z.core.$ZodType) {
  // The type that the text is converted to is more useful than "string".
  const { $schema: _schema, description, ...rest } = z.toJSONSchema(field, { io: "output" });
  const described: object = rest;
  return { name, in: "query" as const, ...(description === undefined ? {} : { description }), schema: described };
}
