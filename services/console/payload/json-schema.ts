import { isObject } from "../../../shared/runtime/is-object.ts";

/** A JSON schema, of which nothing is certain: a producer of a later revision may send more. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const NO_SCHEMA: JsonSchema = {};

/** A value as a schema; if it isn't one, a schema that allows anything. */
export function asSchema(value: unknown): JsonSchema {
  return isObject(value) ? value : NO_SCHEMA;
}

/** A schema that others refer to, with its address. */
export interface Referred {
  readonly schema: JsonSchema;
  /** The references that led to it: if one repeats, they never end. */
  readonly via: ReadonlySet<string>;
}

/**
 * Resolves a schema's `$ref` and adds its own keywords. Undefined if it refers to itself, or to a schema that doesn't
 * exist.
 *
 * @param from.root the document that contains every referenced schema.
 */
export function resolve(
  schema: JsonSchema,
  from: { readonly root: JsonSchema; readonly via: ReadonlySet<string> },
): Referred | undefined {
  let { via } = from;
  let found = schema;
  for (let address = found["$ref"]; typeof address === "string"; address = found["$ref"]) {
    const target = targetOf(address, from.root);
    if (via.has(address) || !target) return undefined;
    via = new Set([...via, address]);
    const { $ref: _, ...words } = found;
    found = { ...target, ...words };
  }
  return { schema: found, via };
}

/** In the form that zod writes: the whole document, or one of its `$defs`. */
function targetOf(address: string, root: JsonSchema): JsonSchema | undefined {
  if (address === "#") return root;
  const name = /^#\/\$defs\/([^/]+)$/.exec(address)?.[1]?.replaceAll("~1", "/").replaceAll("~0", "~");
  const definitions = root["$defs"];
  if (name === undefined || !isObject(definitions) || !Object.hasOwn(definitions, name)) return undefined;
  return asSchema(definitions[name]);
}
