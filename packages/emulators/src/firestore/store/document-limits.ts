import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import type { StoredDocument } from "./document.ts";
import { fieldsSize, nameSize } from "./document-size.ts";
import {
  type Fields,
  TypeOrder,
  type Value,
  elementsOf,
  isNaNValue,
  kindOf,
  mapFieldsOf,
  typeOrder,
  vectorElements,
} from "../values/value.ts";

/** Limits of documents: https://cloud.google.com/firestore/quotas#collections_documents_and_fields */
const MAX_DOCUMENT_BYTES = 1_048_576;
const MAX_VALUE_BYTES = 1_048_487;
const MAX_FIELD_NAME_BYTES = 1_500;
const MAX_DEPTH = 20;
const MAX_INDEX_ENTRIES = 40_000;

/** Names of this form are reserved. Only a vector, which is a map on the wire, has one. */
const RESERVED_FIELD_NAME = /^__.+__$/s;

/** What a document takes besides its name and fields: https://cloud.google.com/firestore/docs/storage-size#document-size */
const DOCUMENT_OVERHEAD_BYTES = 32;

/**
 * Checks a document before it is stored, and returns its size in bytes.
 *
 * @throws RpcError INVALID_ARGUMENT when the document or a value in it is too large, too deep, or has too many index
 * entries.
 */
export function checkDocument(document: Pick<StoredDocument, "name" | "fields">): number {
  const indexEntries = checkFields(document.fields);
  if (indexEntries > MAX_INDEX_ENTRIES) throw invalid("too many index entries for entity");
  const size = nameSize(document.name) + fieldsSize(document.fields) + DOCUMENT_OVERHEAD_BYTES;
  if (size > MAX_DOCUMENT_BYTES) {
    throw invalid(
      `Document '${document.name}' cannot be written because its size (${grouped(size)} bytes) exceeds the maximum ` +
        `allowed size of ${grouped(MAX_DOCUMENT_BYTES)} bytes.`,
    );
  }
  return size;
}

/**
 * Checks the fields in a write, before the resulting document is known.
 *
 * @throws RpcError INVALID_ARGUMENT for names and values that documents can't have.
 */
export function checkWrittenFields(fields: Fields): void {
  checkFields(fields);
}

/** Where a value is: in which field of the document, and in how many maps and arrays. */
interface Place {
  readonly property: string;
  readonly depth: number;
}

/** Checks fields, and returns the number of their index entries: one ascending and one descending for each. */
function checkFields(fields: Fields, within?: Place): number {
  let entries = 0;
  for (const [name, value] of Object.entries(fields)) {
    checkFieldName(name);
    entries += 2 + checkValue(value, within ?? { property: name, depth: 0 });
  }
  return entries;
}

function checkFieldName(name: string): void {
  if (name === "") throw invalid("The property.name is the empty string.");
  if (RESERVED_FIELD_NAME.test(name)) throw invalid(`field name ${name} is reserved`);
  if (Buffer.byteLength(name) > MAX_FIELD_NAME_BYTES) {
    throw invalid(`The property.name is longer than ${MAX_FIELD_NAME_BYTES} bytes.`);
  }
}

/** Checks one value, and returns the number of index entries besides its own. */
function checkValue(value: Value, place: Place): number {
  const { property, depth } = place;
  if (depth > MAX_DEPTH) throw invalid(`Property ${property} contains an invalid nested entity.`);
  switch (kindOf(value)) {
    case "stringValue":
      checkLength(Buffer.byteLength(value.stringValue ?? ""), property);
      return 0;
    case "bytesValue":
      checkLength(value.bytesValue?.length ?? 0, property);
      return 0;
    case "mapValue":
      if (typeOrder(value) === TypeOrder.vector) return checkVector(value);
      return checkFields(mapFieldsOf(value) ?? {}, { property, depth: depth + 1 });
    case "arrayValue": {
      const elements = elementsOf(value);
      for (const element of elements) checkElement(element, { property, depth: depth + 1 });
      return elements.length;
    }
    default:
      return 0;
  }
}

/** A vector has only its own index entries. */
function checkVector(vector: Value): number {
  if (vectorElements(vector).some(isNaNValue)) throw invalid("Vector cannot contain NaN values.");
  return 0;
}

function checkElement(element: Value, place: Place): void {
  if (kindOf(element) === "arrayValue") throw invalid("Cannot convert an array value in an array value.");
  if (typeOrder(element) === TypeOrder.vector) throw invalid("Cannot convert a vector value in an array value.");
  checkValue(element, place);
}

function checkLength(bytes: number, property: string): void {
  if (bytes > MAX_VALUE_BYTES) {
    throw invalid(`The value of property "${property}" is longer than ${MAX_VALUE_BYTES} bytes.`);
  }
}

const grouped = (bytes: number): string => bytes.toLocaleString("en-US");

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
