import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readPayload } from "../../../../packages/client/src/tasks/read-payload.ts";
import { inputSchema } from "../../../../services/producer/http/input-schema.ts";
import { type Field, inputName, leavesOf, payloadField } from "../../../../services/console/payload/field.ts";
import { fillFields } from "../../../../services/console/payload/fill-fields.ts";
import { type Typed, readFields } from "../../../../services/console/payload/read-fields.ts";
import { samplePayload } from "../../../../services/console/payload/sample-payload.ts";

/** A schema, and payloads that it accepts. */
interface Case {
  readonly schema: z.ZodType;
  readonly values: fc.Arbitrary<unknown>;
}

/** JSON has no -0 that `JSON.stringify` would write. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", " ", "a\nb", "a\r\nb", "\r", "\0", "\n"),
);
/** No field may be named `__proto__`: a payload with such a field is refused. */
const PROTO = "__proto__";
const json = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((written) => !written.includes(`"${PROTO}":`))
  .map((written): unknown => JSON.parse(written));
const fieldName = fc.string().filter((one) => one !== PROTO);

const LEAVES: readonly Case[] = [
  { schema: z.string(), values: text },
  { schema: z.string().max(20), values: fc.string({ maxLength: 20 }) },
  {
    schema: z.iso.datetime(),
    values: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((at) => at.toISOString()),
  },
  { schema: z.url(), values: fc.webUrl() },
  { schema: z.number(), values: number },
  { schema: z.int(), values: fc.maxSafeInteger() },
  { schema: z.boolean(), values: fc.boolean() },
  { schema: z.enum(["a", "b", ""]), values: fc.constantFrom("a", "b", "") },
  { schema: z.literal([1, "1", true]), values: fc.constantFrom(1, "1", true) },
  { schema: z.null(), values: fc.constant(null) },
  { schema: z.unknown(), values: json },
  { schema: z.array(z.string()), values: fc.array(text) },
  { schema: z.array(z.number()), values: fc.array(number) },
  { schema: z.array(z.boolean()), values: fc.array(fc.boolean()) },
  { schema: z.array(z.strictObject({ id: z.string() })), values: fc.array(fc.record({ id: text })) },
  { schema: z.tuple([z.string(), z.number()]), values: fc.tuple(text, number) },
  {
    schema: z.union([z.string(), z.strictObject({ id: z.int() })]),
    values: fc.oneof(text, fc.record({ id: fc.integer() })),
  },
  { schema: z.string().nullable(), values: fc.option(text) },
  { schema: z.record(z.string(), z.number()), values: fc.dictionary(fieldName, number, { noNullPrototype: true }) },
  { schema: z.looseObject({ id: z.string() }), values: fc.tuple(json, text).map(([more, id]) => ({ more, id })) },
];

const KEYS = ["url", "a.b", "a", "b", "c[]", "é", "payload", "with space", "%2E"];

const cases: fc.Arbitrary<Case> = fc.letrec<{ readonly case: Case }>((tie) => ({
  case: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...LEAVES),
    fc
      .uniqueArray(fc.record({ key: fc.constantFrom(...KEYS), case: tie("case"), isOptional: fc.boolean() }), {
        selector: ({ key }) => key,
        maxLength: 5,
      })
      .map(objectOf),
  ),
})).case;

function objectOf(parts: readonly { readonly key: string; readonly case: Case; readonly isOptional: boolean }[]): Case {
  const schemas = parts.map((part) => [part.key, part.isOptional ? part.case.schema.optional() : part.case.schema]);
  const values = Object.fromEntries(parts.map((part) => [part.key, part.case.values]));
  return {
    schema: z.strictObject(Object.fromEntries(schemas)),
    values: fc.record(values, {
      requiredKeys: parts.filter(({ isOptional }) => !isOptional).map(({ key }) => key),
      noNullPrototype: true,
    }),
  };
}

const caseAndPayload = cases.chain((one) => fc.record({ one: fc.constant(one), payload: one.values }));

/** What a browser makes of what stands in a form, and the console reads of that. */
function submit(field: Field, shown: Typed): Typed {
  const isLine = new Map(leavesOf(field).map((leaf) => [inputName(leaf), leaf.kind === "text" && !leaf.isLong]));
  const sent = new URLSearchParams();
  for (const [name, value] of shown) {
    const kept = isLine.get(name) ? value.replaceAll(/[\r\n]/g, "") : value;
    sent.append(name, kept.replaceAll(/\r\n|\r|\n/g, "\r\n").replaceAll("\0", "\uFFFD"));
  }
  return new Map(new URLSearchParams(sent.toString()));
}

describe("a form for a schema", () => {
  test("returns every valid payload that it can show", () => {
    let shownOnes = 0;
    fc.assert(
      fc.property(caseAndPayload, ({ one, payload }) => {
        expect(one.schema.safeParse(payload).success).toBe(true);
        const field = payloadField(asSent(one.schema));
        const shown = fillFields(field, payload);
        // What it can't show is edited as JSON.
        if (!shown) return;
        shownOnes++;
        const read = readFields(field, submit(field, shown));
        expect(read.kind === "read" && readPayload(read.json)).toEqual({ kind: "read", payload });
      }),
      { numRuns: 1_000 },
    );
    expect(shownOnes).toBeGreaterThan(300);
  });

  test("keeps a field named __proto__ as it is written, and the refusal names its place", () => {
    const field = payloadField(asSent(z.strictObject({ "c[]": z.strictObject({ "%2E": z.unknown() }) })));
    const shown = fillFields(field, JSON.parse('{"c[]":{"%2E":{"__proto__":"x"}}}'));
    const read = readFields(field, submit(field, shown ?? new Map()));
    expect(read.kind === "read" && readPayload(read.json)).toEqual({
      kind: "refused",
      problems: [{ path: "payload.c[].%2E.__proto__", message: "is a name that no field may have" }],
    });
  });

  test("has an input for each field", () => {
    fc.assert(
      fc.property(cases, ({ schema }) => {
        const names = leavesOf(payloadField(asSent(schema))).map(inputName);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  test("shows a sample that it returns unchanged", () => {
    fc.assert(
      fc.property(cases, ({ schema }) => {
        const sample = samplePayload(asSent(schema));
        expect(schema.safeParse(sample).error?.issues ?? []).toEqual([]);
      }),
    );
  });
});

/** The schema as the producer sends it. */
function asSent(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(inputSchema(schema)));
}
