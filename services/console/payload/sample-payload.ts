import { type JsonSchema, asSchema, resolve } from "./json-schema.ts";
import { isObject } from "../../../shared/runtime/is-object.ts";

/** Sample texts for the formats of JSON Schema and zod. */
const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "2030-01-31T08:00:00Z",
  date: "2030-01-31",
  time: "08:00:00",
  duration: "PT1H",
  uri: "https://example.com/path",
  email: "somebody@example.com",
  uuid: "3f2b8c1e-9d4a-4e6f-8b7c-5a1d2e3f4a5b",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
};

/**
 * A payload to start from: the schema's first example, or else its required fields with values that satisfy most of its
 * rules, but not patterns.
 */
export function samplePayload(payloadSchema: JsonSchema): unknown {
  return sampleOf(payloadSchema, { root: payloadSchema, via: new Set() });
}

/** The examples that a schema itself gives. */
export function examplesOf(schema: JsonSchema): readonly unknown[] {
  const { examples } = schema;
  return Array.isArray(examples) ? examples : [];
}

type Within = Parameters<typeof resolve>[1];

function sampleOf(given: JsonSchema, within: Within): unknown {
  const found = resolve(given, within);
  if (!found) return null;
  const { schema, via } = found;
  const inner = { ...within, via };
  const examples = examplesOf(schema);
  if (examples.length > 0) return examples[0];
  for (const word of ["default", "const"]) if (word in schema) return schema[word];
  for (const word of ["enum"]) if (Array.isArray(schema[word])) return schema[word][0];
  for (const word of ["anyOf", "oneOf", "allOf"]) {
    const options = schema[word];
    if (Array.isArray(options) && schema["type"] === undefined) return sampleOf(asSchema(options[0]), inner);
  }
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  return sampleOfType(type, schema, inner);
}

function sampleOfType(type: unknown, schema: JsonSchema, within: Within): unknown {
  switch (type) {
    case "string":
      return sampleText(schema);
    case "number":
    case "integer":
      return sampleNumber(schema);
    case "boolean":
      return true;
    case "array":
      return sampleList(schema, within);
    case "object":
      return sampleObject(schema, within);
    case "null":
      return null;
    default:
      return {};
  }
}

function sampleText({ format, minLength }: JsonSchema): string {
  const text = (typeof format === "string" && FORMATS[format]) || "text";
  return typeof minLength === "number" ? text.padEnd(minLength, "t") : text;
}

function sampleNumber({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): number {
  const least = typeof minimum === "number" ? minimum : above(exclusiveMinimum);
  const most = typeof maximum === "number" ? maximum : below(exclusiveMaximum);
  return Math.min(Math.max(1, least), most);
}

const above = (bound: unknown): number => (typeof bound === "number" ? bound + 1 : -Infinity);
const below = (bound: unknown): number => (typeof bound === "number" ? bound - 1 : Infinity);

function sampleList(schema: JsonSchema, within: Within): unknown[] {
  const first = schema["prefixItems"];
  if (Array.isArray(first)) return first.map((item) => sampleOf(asSchema(item), within));
  const count = typeof schema["minItems"] === "number" ? schema["minItems"] : 0;
  return Array.from({ length: Math.min(count, MAX_ITEMS) }, () => sampleOf(asSchema(schema["items"]), within));
}

const MAX_ITEMS = 20;

function sampleObject(schema: JsonSchema, within: Within): object {
  const { properties, required } = schema;
  if (!isObject(properties) || !Array.isArray(required)) return {};
  const needed = Object.entries(properties).filter(([key]) => required.includes(key));
  return Object.fromEntries(needed.map(([key, property]) => [key, sampleOf(asSchema(property), within)]));
}
