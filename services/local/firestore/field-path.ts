import { RpcCode, RpcError } from "../rpc/rpc-error.ts";
import { mapFieldsOf, putField } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/** The names on the way from a document's fields to one of them; at least one. */
export type FieldPath = readonly string[];

/**
 * Reads a path such as "a.`b.c`"; INVALID_ARGUMENT for an empty name or an open backtick.
 * Source: https://firebase.google.com/docs/firestore/reference/rpc/google.firestore.v1#document
 */
export function parseFieldPath(text: string): FieldPath {
  const names = text.includes("`") || text.includes("\\") ? parseQuoted(text) : text.split(".");
  if (names.includes("")) throw invalidPath(text);
  return names;
}

/** The value at the path, or undefined where there is none. */
export function getField(fields: Fields, path: FieldPath): Value | undefined {
  let within: Fields | undefined = fields;
  let value: Value | undefined;
  for (const name of path) {
    if (!within || !Object.hasOwn(within, name)) return undefined;
    value = within[name];
    within = value && mapFieldsOf(value);
  }
  return value;
}

/** The fields with the value at the path, maps on the way being made as needed; undefined deletes. The given fields stay as they are. */
export function setField(fields: Fields, path: FieldPath, value: Value | undefined): Fields {
  const [name, ...rest] = path;
  if (name === undefined) throw invalidPath("");
  const held = Object.hasOwn(fields, name) ? fields[name] : undefined;

  if (rest.length === 0) {
    if (value === undefined) return held === undefined ? fields : withoutField(fields, name);
    return withField(fields, name, value);
  }
  const below = held && mapFieldsOf(held);
  if (value === undefined && below === undefined) return fields;
  return withField(fields, name, { mapValue: { fields: setField(below ?? {}, rest, value) } });
}

/** Only what stands at the paths, in maps like those it came from. */
export function projectFields(fields: Fields, paths: readonly FieldPath[]): Fields {
  let projected: Fields = {};
  for (const path of paths) {
    const value = getField(fields, path);
    if (value !== undefined) projected = setField(projected, path, value);
  }
  return projected;
}

function withField(fields: Fields, name: string, value: Value): Fields {
  const copy: Record<string, Value> = { ...fields };
  putField(copy, name, value);
  return copy;
}

function withoutField(fields: Fields, name: string): Fields {
  const copy: Record<string, Value> = { ...fields };
  Reflect.deleteProperty(copy, name);
  return copy;
}

function parseQuoted(text: string): string[] {
  const names: string[] = [];
  let name = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === "\\") name += text.charAt(++i);
    else if (character === "`") quoted = !quoted;
    else if (character === "." && !quoted) {
      names.push(name);
      name = "";
    } else name += character;
  }
  if (quoted) throw invalidPath(text);
  return [...names, name];
}

function invalidPath(text: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid field path "${text}".`);
}
