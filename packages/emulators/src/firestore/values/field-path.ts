import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { TypeOrder, mapFieldsOf, putField, typeOrder } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/** The names that lead from a document to a field; at least one. */
export type FieldPath = readonly string[];

/** The path of the document's own name. */
export const NAME_PATH = "__name__";

/** Names are at most this many bytes long: https://firebase.google.com/docs/firestore/quotas#limits */
const MAX_NAME_BYTES = 1500;

/**
 * Parses a path such as "a.`b.c`". Names are plain words, or quoted in backticks, where a backslash escapes the next
 * character.
 *
 * @throws RpcError INVALID_ARGUMENT for anything else, and for reserved names (`__x__`) except `__name__` alone.
 */
export function parseFieldPath(text: string): FieldPath {
  const names = PLAIN_PATH.test(text) ? text.split(".") : parseQuoted(text);
  for (const name of names) {
    if (Buffer.byteLength(name) > MAX_NAME_BYTES)
      throw invalidPath(text, `A name is at most ${MAX_NAME_BYTES} bytes long.`);
    if (RESERVED.test(name) && (name !== NAME_PATH || names.length > 1))
      throw invalidPath(text, `"${name}" is reserved.`);
  }
  return names;
}

/** The canonical form of a path, with backticks only where they are needed. */
export function formatFieldPath(path: FieldPath): string {
  return path.map((name) => (PLAIN_NAME.test(name) ? name : `\`${name.replaceAll(/[\\`]/g, "\\$&")}\``)).join(".");
}

/** The value at a path, or undefined if there is none. */
export function getField(fields: Fields, path: FieldPath): Value | undefined {
  let value: Value | undefined;
  for (const [depth, name] of path.entries()) {
    const within = depth === 0 ? fields : value && fieldsWithin(value);
    if (!within || !Object.hasOwn(within, name)) return undefined;
    value = within[name];
  }
  return value;
}

/** A copy of the fields with the value at the path, or without it if undefined. Missing maps on the way are created. */
export function setField(fields: Fields, path: FieldPath, value: Value | undefined): Fields {
  const copy: Record<string, Value> = { ...fields };
  putAtPath(copy, path, value);
  return copy;
}

/**
 * Sets the value at the path in fields under construction, or removes it if undefined. Maps on the way are replaced by
 * copies, since they may belong to others.
 */
export function putAtPath(fields: Record<string, Value>, path: FieldPath, value: Value | undefined): void {
  const [name, ...rest] = path;
  if (name === undefined) throw invalidPath("", "It is empty.");
  if (rest.length === 0) {
    if (value === undefined) Reflect.deleteProperty(fields, name);
    else putField(fields, name, value);
    return;
  }
  const held = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const below = held && fieldsWithin(held);
  if (value === undefined && below === undefined) return;
  putField(fields, name, { mapValue: { fields: setField(below ?? {}, rest, value) } });
}

/** Only the values at the paths, within their maps. Maps without any of them are left out. */
export function projectFields(fields: Fields, paths: readonly FieldPath[]): Fields {
  const projected: Record<string, Value> = {};
  for (const path of paths) {
    const value = getField(fields, path);
    // A path below one that was projected adds nothing; one above it replaces it.
    if (value !== undefined) putAtPath(projected, path, value);
  }
  return projected;
}

const PLAIN_NAME = /^[a-zA-Z_]\w*$/;
const PLAIN_PATH = /^[a-zA-Z_]\w*(?:\.[a-zA-Z_]\w*)*$/;
const FIRST_NAME = /^(?:([a-zA-Z_]\w*)|`((?:[^`\\]|\\.)+)`)(?:\.(?=.)|$)/s;
const RESERVED = /^__.+__$/s;

function parseQuoted(text: string): string[] {
  const names: string[] = [];
  for (let rest = text; rest !== "" || names.length === 0;) {
    const first = FIRST_NAME.exec(rest);
    if (!first) throw invalidSyntax(text);
    const [whole, plain, quoted = ""] = first;
    names.push(plain ?? quoted.replaceAll(/\\(.)/gs, "$1"));
    rest = rest.slice(whole.length);
  }
  return names;
}

/** The fields that a path can lead into: those of a map, but not of a vector, which is a map only on the wire. As in Google's emulator. */
function fieldsWithin(value: Value): Fields | undefined {
  return typeOrder(value) === TypeOrder.map ? mapFieldsOf(value) : undefined;
}

/** In the service's words. */
function invalidSyntax(text: string): RpcError {
  if (text === "") return new RpcError(RpcCode.INVALID_ARGUMENT, "Invalid empty property path string.");
  return new RpcError(
    RpcCode.INVALID_ARGUMENT,
    `Invalid property path "${text}". Unquoted property paths must match regex ([a-zA-Z_][a-zA-Z_0-9]*), and quoted ` +
      "property paths must match regex (`(?:[^`\\\\]|(?:\\\\.))+`)",
  );
}

function invalidPath(text: string, why: string): RpcError {
  return new RpcError(RpcCode.INVALID_ARGUMENT, `Invalid field path "${text}". ${why}`);
}
