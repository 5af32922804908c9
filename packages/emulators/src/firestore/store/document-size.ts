import { elementsOf, kindOf, mapFieldsOf, TypeOrder, typeOrder, vectorElements } from "../values/value.ts";
import type { Fields, Value } from "../values/value.ts";

/**
 * The size of fields with their names and values, in bytes. A document also takes its name and 32 bytes.
 * The sizes are from https://firebase.google.com/docs/firestore/storage-size
 */
export function fieldsSize(fields: Fields): number {
  let size = 0;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value) size += stringSize(name) + valueSize(value);
  }
  return size;
}

/** The size of a document's full name in bytes. Its database doesn't count. */
export function nameSize(name: string): number {
  let size = NAME_OVERHEAD;
  for (const id of name.split("/").slice(SEGMENTS_OF_DATABASE)) size += idSize(id);
  return size;
}

/** The size of one value in bytes. */
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
  // The documentation says "like a document". As in Google's emulator, the 32 bytes of a document are not added.
  return fieldsSize(mapFieldsOf(value) ?? {});
}
