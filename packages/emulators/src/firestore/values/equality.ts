import { compareValues } from "./ordering.ts";
import { elementsOf, kindOf, mapFieldsOf, toBigInt } from "./value.ts";
import type { Fields, Value } from "./value.ts";

/** Whether two values are stored identically. Unlike in queries, 1 and 1.0 differ, as do 0 and -0. */
export function identicalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  switch (kind) {
    case "nullValue":
      return true;
    case "integerValue":
      return toBigInt(a.integerValue ?? 0) === toBigInt(b.integerValue ?? 0);
    case "doubleValue":
      return Object.is(a.doubleValue, b.doubleValue);
    case "booleanValue":
    case "stringValue":
    case "referenceValue":
      return a[kind] === b[kind];
    case "timestampValue":
    case "bytesValue":
      return compareValues(a, b) === 0;
    case "geoPointValue":
      return (
        Object.is(a.geoPointValue?.latitude ?? 0, b.geoPointValue?.latitude ?? 0) &&
        Object.is(a.geoPointValue?.longitude ?? 0, b.geoPointValue?.longitude ?? 0)
      );
    case "arrayValue":
      return identicalElements(elementsOf(a), elementsOf(b));
    case "mapValue":
      return identicalFields(mapFieldsOf(a) ?? {}, mapFieldsOf(b) ?? {});
  }
}

/** Whether two sets of fields are stored identically, in any order. */
export function identicalFields(a: Fields, b: Fields): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && areIdentical(a[name], b[name]))
  );
}

function identicalElements(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((element, i) => areIdentical(element, b[i]));
}

function areIdentical(a: Value | undefined, b: Value | undefined): boolean {
  return a !== undefined && b !== undefined && identicalValues(a, b);
}
