import { elementsOf, kindOf, mapFieldsOf, TypeOrder, typeOrder, vectorElements } from "../values/value.ts";
import type { Fields, Value } from "../values/value.ts";

/**
 * Fields with their names and values, in bytes; what a document takes up besides is its name and 32 bytes.
 * All sizes here: https://firebase.google.com/docs/firestore/storage-size
 */
export function fieldsSize(fields: Fields): number {
  let size = 0;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value) size += stringSize(name) + valueSize(value);
  }
  return size;
}

/** A document's name, given in full, in bytes; the database it is in doesn't count. */
export function nameSize(name: string): number {
  let size = NAME_OVERHEAD;
  for (const id of name.split("/").slice(SEGMENTS_OF_DATABASE)) size += idSize(id);
  return size;
}

/** One value, in bytes. */
export function valueSize(value: Value): number {
  const kind = kindOf(value);
  switch (kind) {
    case "nullValue":
    case "booleanValue":
      return 1;
    case "integerValue":
    case "doubleValue":
    case "timestampValue":
      return 8;
    case "geoPointValue":
      return 16;
    case "stringValue":
      return stringSize(value.stringValue ?? "");
    case "bytesValue":
      return value.bytesValue?.length ?? 0;
    case "referenceValue":
      return nameSize(value.referenceValue ?? "");
    case "arrayValue":
      return elementsOf(value).reduce((size, element) => size + valueSize(element), 0);
    case "mapValue":
      return mapSize(value);
  }
}

const NAME_OVERHEAD = 16;
const SEGMENTS_OF_DATABASE = "projects/p/databases/d/documents".split("/").length;

function stringSize(text: string): number {
  return Buffer.byteLength(text) + 1;
}

function idSize(id: string): number {
  return /^__id-?\d+__$/.test(id) ? 8 : stringSize(id);
}

function mapSize(value: Value): number {
  if (typeOrder(value) === TypeOrder.vector) return vectorElements(value).length * 8;
  // The documentation says "like a document"; Google's emulator adds none of a document's 32 bytes, so neither does this.
  return fieldsSize(mapFieldsOf(value) ?? {});
}
