import { elementsOf, mapFieldsOf, toBigInt, TypeOrder, typeOrder, vectorElements, toNumber } from "./value.ts";
import type { Fields, Value, WireLatLng, WireTimestamp } from "./value.ts";

/**
 * The order of any two values, by type first. 1 and 1.0 are equal; NaN comes before all numbers.
 * Source: https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering
 */
export function compareValues(a: Value, b: Value): number {
  const order = typeOrder(a);
  const otherOrder = typeOrder(b);
  if (order !== otherOrder) return order - otherOrder;
  switch (order) {
    case TypeOrder.null:
      return 0;
    case TypeOrder.boolean:
      return Number(a.booleanValue) - Number(b.booleanValue);
    case TypeOrder.number:
      return compareNumbers(numberOf(a), numberOf(b));
    case TypeOrder.timestamp:
      return compareTimestamps(a.timestampValue ?? {}, b.timestampValue ?? {});
    case TypeOrder.string:
      return compareStrings(a.stringValue ?? "", b.stringValue ?? "");
    case TypeOrder.bytes:
      return Buffer.compare(a.bytesValue ?? EMPTY, b.bytesValue ?? EMPTY);
    case TypeOrder.reference:
      return compareNames(a.referenceValue ?? "", b.referenceValue ?? "");
    case TypeOrder.geoPoint:
      return compareGeoPoints(a.geoPointValue ?? {}, b.geoPointValue ?? {});
    case TypeOrder.array:
      return compareArrays(elementsOf(a), elementsOf(b));
    case TypeOrder.vector:
      return compareVectors(vectorElements(a), vectorElements(b));
    case TypeOrder.map:
      return compareMaps(mapFieldsOf(a) ?? {}, mapFieldsOf(b) ?? {});
  }
}

/** The order of strings by their UTF-8 bytes, which is that of code points rather than UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const unit = a.charCodeAt(i);
    const otherUnit = b.charCodeAt(i);
    if (unit !== otherUnit) return compareUnits(unit, otherUnit);
  }
  return a.length - b.length;
}

/**
 * The order of document names, segment by segment, so that a document comes directly before those below it. `__id7__` is
 * the number 7, which comes before all text.
 *
 * @param sharedLength how many characters are known to be the same in both, up to and including a "/".
 */
export function compareNames(a: string, b: string, sharedLength = 0): number {
  const shorter = Math.min(a.length, b.length);
  let at = sharedLength;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length && at === b.length) return 0;

  const segmentStart = at === 0 ? 0 : a.lastIndexOf("/", at - 1) + 1;
  if (a.startsWith(NUMERIC_ID_PREFIX, segmentStart) || b.startsWith(NUMERIC_ID_PREFIX, segmentStart)) {
    const byNumber = compareNumericIds(segmentAt(a, segmentStart), segmentAt(b, segmentStart));
    if (byNumber !== 0) return byNumber;
  }
  if (at === shorter) return a.length - b.length;
  // The end of a segment comes before anything that could continue it, even characters below "/" in ASCII.
  if (a.charCodeAt(at) === SLASH) return -1;
  if (b.charCodeAt(at) === SLASH) return 1;
  return compareUnits(a.charCodeAt(at), b.charCodeAt(at));
}

const EMPTY = new Uint8Array();
const SLASH = 0x2f;
const NUMERIC_ID_PREFIX = "__id";
const NUMERIC_ID = /^__id(-?\d+)__$/;

function compareUnits(a: number, b: number): number {
  // Surrogates encode code points above U+FFFF, so they come after units from U+E000, which are greater as numbers.
  const aIsSurrogate = (a & 0xf800) === 0xd800;
  const bIsSurrogate = (b & 0xf800) === 0xd800;
  if (aIsSurrogate === bIsSurrogate) return a - b;
  return aIsSurrogate ? 1 : -1;
}

function segmentAt(name: string, start: number): string {
  const end = name.indexOf("/", start);
  return end < 0 ? name.slice(start) : name.slice(start, end);
}

function compareNumericIds(a: string, b: string): number {
  const x = NUMERIC_ID.exec(a)?.[1];
  const y = NUMERIC_ID.exec(b)?.[1];
  if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1;
  return compareNumbers(BigInt(x), BigInt(y));
}

function numberOf(value: Value): number | bigint {
  if (!Object.hasOwn(value, "integerValue")) return value.doubleValue ?? 0;
  const integer = value.integerValue ?? 0;
  return typeof integer === "number" ? integer : toBigInt(integer);
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  // JavaScript compares a bigint with a number exactly, as Firestore compares an integer with a double.
  if (a < b) return -1;
  if (a > b) return 1;
  return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
}

function compareTimestamps(a: WireTimestamp, b: WireTimestamp): number {
  const seconds = toNumber(a.seconds ?? 0) - toNumber(b.seconds ?? 0);
  return seconds === 0 ? Math.floor((a.nanos ?? 0) / 1000) - Math.floor((b.nanos ?? 0) / 1000) : seconds;
}

function compareGeoPoints(a: WireLatLng, b: WireLatLng): number {
  return compareNumbers(a.latitude ?? 0, b.latitude ?? 0) || compareNumbers(a.longitude ?? 0, b.longitude ?? 0);
}

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  for (const [i, element] of a.entries()) {
    const other = b[i];
    if (!other) break;
    const order = compareValues(element, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareVectors(a: readonly Value[], b: readonly Value[]): number {
  return a.length - b.length || compareArrays(a, b);
}

function compareMaps(a: Fields, b: Fields): number {
  const names = Object.keys(a).toSorted(compareStrings);
  const otherNames = Object.keys(b).toSorted(compareStrings);
  for (const [i, name] of names.entries()) {
    const otherName = otherNames[i];
    if (otherName === undefined) break;
    const order = compareStrings(name, otherName) || compareOptional(a[name], b[otherName]);
    if (order !== 0) return order;
  }
  return names.length - otherNames.length;
}

function compareOptional(a: Value | undefined, b: Value | undefined): number {
  return a && b ? compareValues(a, b) : Number(a !== undefined) - Number(b !== undefined);
}
