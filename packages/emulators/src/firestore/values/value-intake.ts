import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";
import { checkReference } from "../store/resource-name.ts";
import {
  type Fields,
  type Value,
  type WireLatLng,
  type WireTimestamp,
  elementsOf,
  kindOf,
  mapFieldsOf,
  normalizeFields,
  normalizeValue,
  toBigInt,
} from "./value.ts";

/**
 * Converts a request's value to its stored form. It doesn't check for what only documents can't contain.
 *
 * @throws RpcError INVALID_ARGUMENT for an invalid value: a time or a point out of range, a reference that is not to a
 * document, a malformed vector.
 */
export function readValue(value: Value): Value {
  checkValue(value, ANYWHERE);
  return normalizeValue(value);
}

/**
 * Converts a document's fields in a request to their stored form.
 *
 * @throws RpcError INVALID_ARGUMENT for an invalid value, and for arrays that contain arrays or vectors.
 */
export function readFields(fields: Fields): Fields {
  for (const [name, value] of Object.entries(fields)) {
    if (RESERVED_NAME.test(name)) throw invalid(`field name ${name} is reserved`);
    checkValue(value, IN_DOCUMENT);
  }
  return normalizeFields(fields);
}

/** Where a value is decides what it may be. */
interface Place {
  readonly inDocument: boolean;
  readonly inArray: boolean;
}

const ANYWHERE: Place = { inDocument: false, inArray: false };
const IN_DOCUMENT: Place = { inDocument: true, inArray: false };

/** From the year 1 to the year 9999: https://protobuf.dev/reference/protobuf/google.protobuf/#timestamp */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
const NANOS_PER_SECOND = 1_000_000_000;

/** https://cloud.google.com/firestore/docs/vector-search#limitations */
const MAX_DIMENSIONS = 2048;

const RESERVED_NAME = /^__.+__$/s;
const TYPE_MARK = "__type__";
const VECTOR_TYPE = "__vector__";

function checkValue(value: Value, place: Place): void {
  switch (kindOf(value)) {
    case "timestampValue":
      checkTimestamp(value.timestampValue ?? {});
      return;
    case "geoPointValue":
      checkPoint(value.geoPointValue ?? {});
      return;
    case "referenceValue":
      checkReference(value.referenceValue ?? "");
      return;
    case "arrayValue":
      if (place.inDocument && place.inArray) throw invalid("Cannot convert an array value in an array value.");
      for (const element of elementsOf(value)) checkValue(element, { ...place, inArray: true });
      return;
    case "mapValue":
      checkMap(mapFieldsOf(value) ?? {}, place);
      return;
    case "nullValue":
    case "booleanValue":
    case "integerValue":
    case "doubleValue":
    case "stringValue":
    case "bytesValue":
  }
}

function checkTimestamp({ seconds = 0, nanos = 0 }: WireTimestamp): void {
  const second = toBigInt(seconds);
  if (second < FIRST_SECOND || second > LAST_SECOND)
    throw invalid("A timestamp must be from the year 1 to the year 9999.");
  if (nanos < 0 || nanos >= NANOS_PER_SECOND)
    throw invalid("The nanoseconds of a timestamp must be less than a second.");
}

/** In this form, NaN fails too. */
function checkPoint({ latitude = 0, longitude = 0 }: WireLatLng): void {
  if (!(Math.abs(latitude) <= 90)) throw invalid(`Latitude ${latitude} is not between -90 and 90.`);
  if (!(Math.abs(longitude) <= 180)) throw invalid(`Longitude ${longitude} is not between -180 and 180.`);
}

function checkMap(fields: Fields, place: Place): void {
  if (Object.hasOwn(fields, TYPE_MARK)) {
    const type = fields[TYPE_MARK];
    if (!type || kindOf(type) !== "stringValue") throw invalid(`Field ${TYPE_MARK} is not a string.`);
    if (type.stringValue === VECTOR_TYPE) return checkVector(fields, place);
  }
  for (const [name, value] of Object.entries(fields)) {
    if (RESERVED_NAME.test(name) && name !== TYPE_MARK) throw invalid(`field name ${name} is reserved`);
    checkValue(value, { ...place, inArray: false });
  }
}

function checkVector({ value, ...rest }: Fields, place: Place): void {
  if (place.inDocument && place.inArray) throw invalid("Cannot convert a vector value in an array value.");
  if (Object.keys(rest).length > 1) throw invalid("A vector must have no other fields.");
  if (!value || kindOf(value) !== "arrayValue") throw invalid("A vector must have an array of values.");
  const dimensions = elementsOf(value);
  if (dimensions.length === 0) throw invalid("Cannot have a zero length vector.");
  if (dimensions.length > MAX_DIMENSIONS) throw invalid(`Vectors must be at most ${MAX_DIMENSIONS} dimensions.`);
  for (const dimension of dimensions) {
    if (kindOf(dimension) !== "doubleValue") throw invalid("Vector must only contain values of type 'double'");
  }
}

const invalid = (message: string): RpcError => new RpcError(RpcCode.INVALID_ARGUMENT, message);
