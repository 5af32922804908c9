import { type Fields, type Value, elementsOf, kindOf, mapFieldsOf } from "./value.ts";

/** The bytes that a document's name takes: https://firebase.google.com/docs/firestore/storage-size#document_name_size */
export function nameSize(name: string): number {
  const ids = name.split("/").slice(SEGMENTS_BEFORE_IDS);
  return ids.reduce((bytes, id) => bytes + textSize(id), NAME_OVERHEAD_BYTES);
}

/** The bytes that fields take, names and values together. */
export function fieldsSize(fields: Fields): number {
  return Object.entries(fields).reduce((bytes, [name, value]) => bytes + textSize(name) + valueSize(value), 0);
}

/** The bytes that a value takes: https://firebase.google.com/docs/firestore/storage-size#field_value_sizes */
export function valueSize(value: Value): number {
  switch (kindOf(value)) {
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
      return textSize(value.stringValue ?? "");
    case "bytesValue":
      return value.bytesValue?.length ?? 0;
    case "referenceValue":
      return nameSize(value.referenceValue ?? "");
    case "arrayValue":
      return elementsOf(value).reduce((bytes, element) => bytes + valueSize(element), 0);
    case "mapValue":
      return fieldsSize(mapFieldsOf(value) ?? {});
  }
}

/** `projects/P/databases/D/documents` is not part of a name's size. */
const SEGMENTS_BEFORE_IDS = 5;
const NAME_OVERHEAD_BYTES = 16;

const textSize = (text: string): number => Buffer.byteLength(text) + 1;
