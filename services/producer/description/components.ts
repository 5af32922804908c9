import { isObject } from "../../../shared/runtime/is-object.ts";

type JsonSchema = Readonly<Record<string, unknown>>;

/** Schemas that keep their names wherever they are used; see `anyJson`. */
const SHARED = new Set(["Json"]);

const DEFINITION = "#/$defs/";

/**
 * Turns a JSON schema with its own definitions into named schemas of the document. The definitions' names get the
 * schema's name as a prefix, since two schemas may use the same ones.
 */
export function componentsOf(name: string, schema: JsonSchema): Record<string, object> {
  const { $schema: _schema, $defs, ...root } = schema;
  const nameOf = (definition: string): string =>
    SHARED.has(definition) ? definition : `${name}.${definition.replaceAll(/[^\w.-]/g, "_")}`;
  const referenceOf = (reference: string): string => {
    if (reference === "#") return referenceTo(name);
    return reference.startsWith(DEFINITION) ? referenceTo(nameOf(reference.slice(DEFINITION.length))) : reference;
  };
  const definitions = Object.entries(isObject($defs) ? $defs : {});
  const named = [[name, root] as const, ...definitions.map(([key, value]) => [nameOf(key), value] as const)];
  return Object.fromEntries(named.map(([key, value]) => [key, Object(withReferences(value, referenceOf))]));
}

/** The reference to a named schema. */
export function referenceTo(name: string): string {
  return `#/components/schemas/${name}`;
}

function withReferences(value: unknown, referenceOf: (reference: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, referenceOf));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) =>
      key === "$ref" && typeof field === "string"
        ? [key, referenceOf(field)]
        : [key, withReferences(field, referenceOf)],
    ),
  );
}
