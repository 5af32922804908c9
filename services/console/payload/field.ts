import { type JsonSchema, asSchema, resolve } from "./json-schema.ts";
import { isObject } from "../../../shared/runtime/is-object.ts";

/** More fields than anybody fills in: then the whole payload is edited as JSON. */
const MAX_FIELDS = 200;
/** A text that may be longer than this, in characters, gets several lines. */
const MAX_LINE_LENGTH = 250;

/** A part of a payload that a form can ask for. */
export type Field = FieldPlace &
  (
    | { readonly kind: "text"; readonly isLong: boolean }
    | { readonly kind: "number" }
    /** Any JSON values. */
    | { readonly kind: "choice"; readonly options: readonly unknown[] }
    /** One item per line. */
    | { readonly kind: "lines"; readonly items: "string" | "number" | "boolean" }
    | { readonly kind: "group"; readonly fields: readonly Field[] }
    /** Anything that a form can't express otherwise. */
    | { readonly kind: "json" }
  );

export interface FieldPlace {
  /** The keys that lead to it in the payload. Empty for the payload itself. */
  readonly path: readonly string[];
  readonly isRequired: boolean;
  readonly schema: JsonSchema;
}

/** The field for a whole payload, from its schema. */
export function payloadField(payloadSchema: JsonSchema): Field {
  const place = { path: [], isRequired: true, schema: payloadSchema };
  const field = fieldAt(place, { root: payloadSchema, via: new Set() });
  return leavesOf(field).length > MAX_FIELDS ? { ...place, kind: "json" } : field;
}

/** The fields with inputs: all but groups. */
export function leavesOf(field: Field): readonly Field[] {
  return field.kind === "group" ? field.fields.flatMap(leavesOf) : [field];
}

/** The name of a field in a form. It is unique within a payload. */
export function inputName({ path }: Pick<Field, "path">): string {
  return ["payload", ...path.map((key) => encodeURIComponent(key).replaceAll(".", "%2E"))].join(".");
}

/** The path of a field in the producer's problems. */
export function problemPath({ path }: Pick<Field, "path">): string {
  return ["payload", ...path].join(".");
}

interface Within {
  readonly root: JsonSchema;
  readonly via: ReadonlySet<string>;
}

function fieldAt(given: FieldPlace, within: Within): Field {
  const found = resolve(given.schema, within);
  if (!found) return { ...given, kind: "json" };
  const { schema, via } = found;
  const place = { ...given, schema };
  if (COMBINING.some((word) => word in schema)) return { ...place, kind: "json" };
  const options = optionsOf(schema);
  if (options) return { ...place, kind: "choice", options };
  switch (schema["type"]) {
    case "string":
      return { ...place, kind: "text", isLong: isLong(schema) };
    case "number":
    case "integer":
      return { ...place, kind: "number" };
    case "array":
      return listField(place, { ...within, via });
    case "object":
      return isClosed(schema) ? groupField(place, { ...within, via }) : { ...place, kind: "json" };
    default:
      return { ...place, kind: "json" };
  }
}

/** Combinations of schemas. `allOf` on a text only adds patterns, which the producer checks. */
const COMBINING = ["anyOf", "oneOf", "not", "if", "patternProperties", "prefixItems", "propertyNames"];

function optionsOf(schema: JsonSchema): readonly unknown[] | undefined {
  if ("const" in schema) return [schema["const"]];
  if (Array.isArray(schema["enum"])) return schema["enum"];
  return schema["type"] === "boolean" ? [true, false] : undefined;
}

function isLong({ format, pattern, maxLength }: JsonSchema): boolean {
  return (
    format === undefined && pattern === undefined && (typeof maxLength !== "number" || maxLength > MAX_LINE_LENGTH)
  );
}

/** Whether an object has only the fields that its schema names. */
function isClosed(schema: JsonSchema): boolean {
  const more = schema["additionalProperties"];
  return isObject(schema["properties"]) && (more === undefined || more === false) && !("allOf" in schema);
}

function listField(place: FieldPlace, within: Within): Field {
  const items = resolve(asSchema(place.schema["items"]), within)?.schema ?? {};
  if (COMBINING.some((word) => word in items)) return { ...place, kind: "json" };
  switch (items["type"]) {
    case "string":
      return { ...place, kind: "lines", items: "string" };
    case "number":
    case "integer":
      return { ...place, kind: "lines", items: "number" };
    case "boolean":
      return { ...place, kind: "lines", items: "boolean" };
    default:
      return { ...place, kind: "json" };
  }
}

function groupField(place: FieldPlace, within: Within): Field {
  const required = place.schema["required"];
  const needed = new Set(Array.isArray(required) ? required : []);
  const fields = Object.entries(asSchema(place.schema["properties"])).map(([key, schema]) =>
    fieldAt({ path: [...place.path, key], isRequired: needed.has(key), schema: asSchema(schema) }, within),
  );
  return { ...place, kind: "group", fields };
}
