import type { StoredDocument } from "../../../../src/firestore/store/document.ts";
import type { Fields, LongBits, Value } from "../../../../src/firestore/values/value.ts";

/** What all document names in these tests start with. */
export const ROOT = "projects/demo/databases/(default)/documents";

export const NULL: Value = { nullValue: 0 };
export const NAN: Value = { doubleValue: Number.NaN };

export const bool = (booleanValue: boolean): Value => ({ booleanValue });
export const int = (integerValue: number | LongBits): Value => ({ integerValue });
export const double = (doubleValue: number): Value => ({ doubleValue });
export const text = (stringValue: string): Value => ({ stringValue });
export const bytes = (...octets: number[]): Value => ({ bytesValue: Uint8Array.from(octets) });
export const time = (seconds: number, nanos = 0): Value => ({ timestampValue: { seconds, nanos } });
export const reference = (path: string): Value => ({ referenceValue: `${ROOT}/${path}` });
export const point = (latitude: number, longitude: number): Value => ({ geoPointValue: { latitude, longitude } });
export const array = (...values: Value[]): Value => ({ arrayValue: { values } });
export const map = (fields: Fields): Value => ({ mapValue: { fields } });
export const vector = (...dimensions: number[]): Value =>
  map({ __type__: text("__vector__"), value: array(...dimensions.map(double)) });

/** An int64 as two halves, as large numbers are decoded. */
export const long = (high: number, low: number): LongBits => ({ high, low, unsigned: false });

/** 2^53 + 1, the first integer that is not a double. */
export const PAST_DOUBLES = long(0x20_0000, 1);

/** 2^63 - 1, the largest integer. */
export const LARGEST = long(0x7fff_ffff, -1);

export function document(path: string, fields: Fields): StoredDocument {
  return { name: `${ROOT}/${path}`, fields, createTime: 1n, updateTime: 1n };
}

/** The paths of documents. */
export function pathsOf(documents: readonly StoredDocument[]): string[] {
  return documents.map(({ name }) => name.slice(ROOT.length + 1));
}
