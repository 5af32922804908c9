import * as fc from "fast-check";
import { type ApiDocument, type Schema, resolve } from "./document.ts";

const SHORT = 20;
/** Few, since fast-check prepares each set of characters again. */
const CHARACTERS = fc.constantFrom("a", "Z", "0", " ", ".", "/", "%", '"', "\\", "\0", "é", "\u2028", "😀");
const URL_PATTERN = /^https:\/\/[a-z]{1,10}\.example(:443)?(\/[a-z0-9._~]{0,10})?(\?[a-z]=[a-z0-9]{0,5})?$/;
const DEEPEST = 5;
/** A value of this format can't be made up: only the API can issue it. */
export const HANDED_OUT = "cursor";
const YEAR_SECONDS = 365 * 86_400;

/** Values that a schema allows, or almost allows: validate them if it matters. */
export function valuesOf(schema: Schema, document: ApiDocument, depth = 0): fc.Arbitrary<unknown> {
  const within = (part: Schema): fc.Arbitrary<unknown> => valuesOf(part, document, depth + 1);
  if (schema.$ref !== undefined) return within(resolve(document, schema.$ref));
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives) return fc.oneof(...alternatives.map(within));
  if (schema.allOf) return within(Object.assign({}, ...schema.allOf, { ...schema, allOf: undefined }));
  const types = [schema.type ?? []].flat();
  if (types.length > 1) return fc.oneof(...types.map((type) => within({ ...schema, type })));
  switch (types[0]) {
    case "string":
      return texts(schema);
    case "integer":
    case "number":
      return numbers(schema);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      const { items = {}, minItems = 0, maxItems = minItems + 3 } = schema;
      return fc.array(within(items), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) });
    }
    case "object":
      return objects(schema, { within, isDeep: depth > DEEPEST });
    default:
      return anyJson();
  }
}

/** Any JSON with a few values. No name is `__proto__`, which the API refuses without a rule in the schema. */
function anyJson(): fc.Arbitrary<unknown> {
  return fc
    .jsonValue({ maxDepth: 2 })
    .map((value) => JSON.stringify(value))
    .filter((text) => !text.includes("__proto__"))
    .map((text): unknown => JSON.parse(text));
}

function texts({ format, pattern, minLength = 0, maxLength = minLength + SHORT }: Schema): fc.Arbitrary<string> {
  if (format === "uri") return fc.stringMatching(URL_PATTERN);
  if (format === "date-time") {
    const ahead = fc.integer({ min: 0, max: YEAR_SECONDS });
    return ahead.map((seconds) => new Date(Date.now() + seconds * 1_000).toISOString());
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"));
  return fc.string({ unit: CHARACTERS, minLength, maxLength: Math.min(maxLength, minLength + SHORT) });
}

function numbers(schema: Schema): fc.Arbitrary<number> {
  const { type, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (type === "integer") {
    const min = minimum ?? (exclusiveMinimum === undefined ? -1_000 : exclusiveMinimum + 1);
    const max = maximum ?? (exclusiveMaximum === undefined ? min + 1_000_000 : exclusiveMaximum - 1);
    return fc.integer({ min, max: Math.max(min, max) });
  }
  const min = minimum ?? exclusiveMinimum ?? -1e6;
  return fc.double({ min, max: maximum ?? exclusiveMaximum ?? min + 1e6, noNaN: true }).map((value) => value + 0);
}

function objects(
  { properties = {}, required = [], additionalProperties = {} }: Schema,
  { within, isDeep }: { readonly within: (part: Schema) => fc.Arbitrary<unknown>; readonly isDeep: boolean },
): fc.Arbitrary<unknown> {
  const named = Object.entries(properties).filter(
    ([name, { format }]) => required.includes(name) || (!isDeep && format !== HANDED_OUT),
  );
  if (named.length > 0) {
    const requiredKeys = required.filter((name) => name in properties);
    const known = fc.record(Object.fromEntries(named.map(([name, part]) => [name, within(part)])), { requiredKeys });
    if (additionalProperties === false) return known;
    return fc.tuple(known, fc.option(anyJson())).map(([fields, surplus]) => ({ surplus, ...fields }));
  }
  if (additionalProperties === false || isDeep) return fc.constant({});
  const values = additionalProperties === true ? anyJson() : within(additionalProperties);
  return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), values, { maxKeys: 3 });
}

/** A change of a value in one place: another value there, an additional field or item, or one less. */
export interface Change {
  readonly place: number;
  readonly how: "replace" | "add" | "remove";
  readonly value: unknown;
}

export const changes: fc.Arbitrary<Change> = fc.record({
  place: fc.nat(),
  how: fc.constantFrom<Change["how"][]>("replace", "add", "remove"),
  value: anyJson(),
});

/** Applies a change to a value. The places are the value itself, its parts, and their parts. */
export function changed(value: unknown, { place, how, value: other }: Change): unknown {
  const copy = structuredClone({ root: value });
  const places = placesIn(copy);
  const [holder, key] = places[place % places.length] ?? [copy, "root"];
  const part: unknown = Reflect.get(holder, key);
  if (how === "replace" || typeof part !== "object" || part === null) Reflect.set(holder, key, other);
  else if (how === "add") Reflect.set(part, Array.isArray(part) ? part.length : "surplus", other);
  else if (Array.isArray(part)) part.pop();
  else Reflect.deleteProperty(part, Object.keys(part)[place % Math.max(1, Object.keys(part).length)] ?? "");
  return copy.root;
}

function placesIn(value: unknown): (readonly [holder: object, key: string])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => [[value, key] as const, ...placesIn(Reflect.get(value, key))]);
}
