import { expect, it } from "vitest";
import * as z from "zod";
import { schemaProblems } from "../../../../shared/http/schema-problems.ts";

/** What is wrong with a value, as sentences. */
function sentences(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return schemaProblems(error, { value }).map(({ path, message }) => `${path} ${message}`);
}

const byKind = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("a") }),
  z.object({ kind: z.literal("b") }),
  z.object({ kind: z.literal("c") }),
]);

const parcel = z.strictObject({ weight: z.number() });
const letter = z.strictObject({ pages: z.int(), colour: z.string() });

it.each<[z.ZodType, unknown, string]>([
  [z.string(), 7, "body must be a string"],
  [z.number(), "7", "body must be a number"],
  [z.number(), Number.NaN, "body must be a number"],
  [z.int(), 1.5, "body must be a whole number"],
  [z.int(), 1e300, `body must be at most ${Number.MAX_SAFE_INTEGER}`],
  [z.boolean(), "yes", "body must be true or false"],
  [z.array(z.string()), {}, "body must be a list"],
  [z.tuple([z.string()]), {}, "body must be a list"],
  [z.object({}), [], "body must be an object"],
  [z.record(z.string(), z.number()), 7, "body must be an object"],
  [z.null(), 7, "body must be null"],
  [z.never(), 7, "body is not allowed: leave it out"],
  [z.bigint(), 7, "body must be of the type bigint"],
  [z.string(), undefined, "body is missing"],
  [z.object({ a: z.string() }), {}, "a is missing"],
  [z.literal("a"), "b", 'body must be "a"'],
  [z.literal([true, null]), "b", "body must be true or null"],
  [z.enum(["a", "b", "c"]), "d", 'body must be one of "a", "b", "c"'],
  [z.string().max(1), "ab", "body must have at most 1 character"],
  [z.string().min(2), "a", "body must have at least 2 characters"],
  [z.string().length(3), "a", "body must have exactly 3 characters"],
  [z.array(z.string()).min(1), [], "body must have at least 1 item"],
  [z.tuple([z.string()]), ["a", "b"], "body must have at most 1 item"],
  [z.number().min(3), 2, "body must be at least 3"],
  [z.number().gt(3), 3, "body must be more than 3"],
  [z.number().lt(3), 3, "body must be less than 3"],
  [z.number().multipleOf(3), 4, "body must be a multiple of 3"],
  [z.coerce.date().min(new Date(0)), -1, "body must be 1970-01-01T00:00:00.000Z or later"],
  [z.email(), "x", "body must be an e-mail address"],
  [z.url(), "x", "body must be a URL, for example https://example.com/"],
  [z.uuid(), "x", "body must be a UUID"],
  [z.iso.datetime(), "x", "body must be an RFC 3339 time, for example 2030-01-31T08:00:00Z"],
  [z.iso.date(), "x", "body must be a date, for example 2030-01-31"],
  [z.base64(), "-", "body must be in base64"],
  [z.jwt(), "x", "body must be of the format jwt"],
  [z.string().regex(/^a/), "b", "body must match the pattern /^a/"],
  [z.string().startsWith("a"), "b", 'body must begin with "a"'],
  [z.string().endsWith("a"), "b", 'body must end with "a"'],
  [z.string().includes("a"), "b", 'body must contain "a"'],
  [z.string().lowercase(), "B", "body must be in lower case"],
  [z.templateLiteral(["a", z.number()]), "b", "body must be of the format template_literal"],
  [
    z.record(z.string().regex(/^a/), z.number()),
    { b: 1 },
    "b has a name that is not allowed: it must match the pattern /^a/",
  ],
  [byKind, { kind: 7 }, 'kind must be one of "a", "b", "c"'],
  [z.union([z.number(), z.literal("any")]), null, 'body must be a number or "any"'],
  [
    z.union([parcel, letter]),
    { weight: "7" },
    "body fits none of the allowed forms: in the closest one, weight must be a number",
  ],
  [
    z.union([z.string(), letter]),
    { colour: "red" },
    "body fits none of the allowed forms: in the closest one, pages is missing",
  ],
  [
    z.union([parcel, letter]),
    { size: 1 },
    "body fits none of the allowed forms: in the closest one, weight is missing, and it has unknown fields: leave out size",
  ],
  [z.xor([z.string(), z.string().min(1)]), "x", "body fits more than one of the allowed forms: it must fit just one"],
  [z.unknown().refine(() => false), 7, "body is not valid"],
])("says of %# in plain words what to send", (schema, value, sentence) => {
  expect(sentences(schema, value)).toEqual([sentence]);
});

it.each<[z.ZodType, unknown, string]>([
  [z.string("must be the order's number"), 7, "body must be the order's number"],
  [z.string().regex(/^a/, "Invalid colour"), "b", "body invalid colour"],
  [z.email({ error: "must be yours" }), "b", "body must be yours"],
  [z.number().max(3, "must be at most three"), 4, "body must be at most three"],
])("keeps the message of a schema that has its own (%#)", (schema, value, sentence) => {
  expect(sentences(schema, value)).toEqual([sentence]);
});
