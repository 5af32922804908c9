import { describe, expect, it } from "vitest";
import * as z from "zod";
import { inputSchema } from "../../../../services/producer/http/input-schema.ts";
import { anyJson } from "../../../../shared/contract/any-json.ts";
import { httpUrl } from "../../../../shared/contract/http-url.ts";
import { validatorOf } from "../../../harness/openapi/json-schema.ts";

const TEXTS = [
  "",
  " ",
  "a",
  "A",
  "ab",
  "abc",
  "😀",
  "1",
  "true",
  "2030-01-31T08:00:00Z",
  "2030-01-31",
  "a@example.com",
];
const URLS = [
  "ftp://example.com",
  "http://example.com",
  "HTTPS://u:p@example.com",
  "https://example.com:0",
  "mailto:a",
];
const FORMATS = ["::1", "10.0.0.1", "YWJj", "550e8400-e29b-41d4-a716-446655440000"];
const SCALARS = [0, 1, -1, 1.5, 7, 1e20, null, true, false];
const LISTS = [[], [1], ["a"], ["a", 1]];
const OBJECTS = [{}, { a: "a" }, { a: 1 }, { a: {} }, { a: "a", b: 1 }, { b: 1 }, { kind: "a" }, { kind: "b", n: 1 }];
const VALUES: readonly unknown[] = [...TEXTS, ...URLS, ...FORMATS, ...SCALARS, ...LISTS, ...OBJECTS];

const accepted = (isValid: (value: unknown) => boolean) => VALUES.filter((value) => isValid(value));
const acceptedBy = (schema: z.ZodType) => accepted((value) => schema.safeParse(value).success);
const allowedBy = (schema: z.ZodType) => accepted(validatorOf(inputSchema(schema)));

const tree: z.ZodType = z.strictObject({
  get a() {
    return tree.optional();
  },
});

describe("the description of a schema as JSON Schema", () => {
  it.each<[string, z.ZodType]>([
    ["any JSON", anyJson],
    ["texts", z.string().min(1).max(3)],
    ["two patterns", z.string().regex(/^a/).regex(/c$/)],
    ["a pattern in Unicode", z.string().regex(/^\p{L}+$/u)],
    ["numbers", z.number().min(0).lt(7)],
    ["whole numbers", z.int()],
    ["multiples", z.number().multipleOf(0.5)],
    ["a time", z.iso.datetime({ offset: true })],
    ["an e-mail address", z.email()],
    ["an IPv6 address", z.ipv6()],
    ["base64", z.base64()],
    ["a UUID", z.uuid()],
    ["one of several", z.enum(["a", "A"])],
    ["strict objects", z.strictObject({ a: z.string(), b: z.int().optional() })],
    ["loose objects", z.object({ a: z.string() })],
    ["nested defaults", z.strictObject({ a: z.string().default("a") })],
    ["records", z.record(z.string().regex(/^a/), z.unknown())],
    ["lists", z.array(z.union([z.string(), z.int()])).nonempty()],
    ["tuples", z.tuple([z.string(), z.int()])],
    [
      "a union by a field",
      z.discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("a") }),
        z.strictObject({ kind: z.literal("b"), n: z.int() }),
      ]),
    ],
    ["an intersection", z.intersection(z.strictObject({ a: z.string() }), z.strictObject({ b: z.int() }))],
    ["itself", tree],
    ["null", z.string().nullable()],
    ["a URL", httpUrl],
    ["a date that JSON can't be", z.strictObject({ a: z.date() })],
    ["a set", z.set(z.string())],
    ["a big integer", z.union([z.bigint(), z.boolean()])],
  ])("allows exactly what the schema accepts: %s", (_, schema) => {
    expect(allowedBy(schema)).toEqual(acceptedBy(schema));
  });

  it.each<[string, z.ZodType, string | undefined]>([
    ["a rule", z.string().refine((text) => text === "a", "must be a"), "Rule: must be a."],
    [
      "a rule without a message",
      z.string().refine((text) => text === "a"),
      "There are checks that this schema can't express.",
    ],
    [
      "a rule of several fields",
      z
        .strictObject({ a: z.string(), b: z.int() })
        .refine(() => false, { path: ["a"], error: "must not be b" })
        .describe("Two fields."),
      "Two fields. Rule: a must not be b.",
    ],
    [
      "a rule whose message depends on the value",
      z.string().refine(() => false, { error: ({ input }) => `must not be ${typeof input}` }),
      "There are checks that this schema can't express.",
    ],
    [
      "a function of one's own",
      z.string().superRefine(() => undefined),
      "There are checks that this schema can't express.",
    ],
    ["a kind of one's own", z.custom((value) => value === "a", "must be a"), "Rule: must be a."],
    [
      "a rule below other wrappers",
      z
        .string()
        .refine((text) => text === "a", "must be a")
        .nullable()
        .describe("Mostly a."),
      "Mostly a. Rule: must be a.",
    ],
    ["a pattern that ignores case", z.string().regex(/^a$/i), "It must match /^a$/i."],
    ["a pattern of lines", z.string().regex(/^b$/m).regex(/^a/), "It must match /^b$/m."],
    ["a URL's protocol", z.url({ protocol: /^http$/ }), "Its protocol must match /^http$/."],
    ["a URL's host", z.url({ hostname: /\.com$/ }), String.raw`Its host must match /\.com$/.`],
    ["trimmed text", z.string().trim().min(1), "It is converted before the other checks."],
    ["a conversion", z.string().transform(Number).pipe(z.int()), "It is converted before the other checks."],
    ["a forced type", z.coerce.number().min(1), "It is converted before the other checks."],
    ["a forced date", z.coerce.date(), "It is converted before the other checks."],
  ])("allows more than the schema accepts, and says so: %s", (_, schema, description) => {
    expect(inputSchema(schema).description).toBe(description);
    expect(allowedBy(schema)).toEqual(expect.arrayContaining(acceptedBy(schema)));
  });
});
