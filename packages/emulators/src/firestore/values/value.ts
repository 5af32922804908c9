import { RpcCode, RpcError } from "../../rpc/rpc-error.ts";

/** An int64 that protobufjs doesn't decode to a number: two 32-bit halves, of which `high` is signed. A `Long` is one. */
export interface LongBits {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

/** An int64 on the wire. A number means itself, even beyond 2^53. */
export type WireInt64 = LongBits | number;

/** A google.protobuf.Timestamp. Absent parts are 0; nanos count forward, even before 1970. */
export interface WireTimestamp {
  readonly seconds?: WireInt64;
  readonly nanos?: number;
}

/** A google.type.LatLng. Absent parts are 0. */
export interface WireLatLng {
  readonly latitude?: number;
  readonly longitude?: number;
}

/** The fields of a document or a map. They can have any key, even `__proto__`: read with `Object.hasOwn`, write with `putField`. */
export type Fields = Readonly<Record<string, Value>>;

/** A google.firestore.v1.Value with exactly one own member. It never changes. */
export interface Value {
  readonly nullValue?: 0;
  readonly booleanValue?: boolean;
  readonly integerValue?: WireInt64;
  readonly doubleValue?: number;
  readonly timestampValue?: WireTimestamp;
  readonly stringValue?: string;
  readonly bytesValue?: Uint8Array;
  readonly referenceValue?: string;
  readonly geoPointValue?: WireLatLng;
  readonly arrayValue?: { readonly values?: readonly Value[] };
  readonly mapValue?: { readonly fields?: Fields };
}

/** The name of a value's member. */
export type Kind = keyof Value;

/** The order of types: https://firebase.google.com/docs/firestore/manage-data/data-types#value_type_ordering */
export const TypeOrder = {
  null: 0,
  boolean: 1,
  number: 2,
  timestamp: 3,
  string: 4,
  bytes: 5,
  reference: 6,
  geoPoint: 7,
  array: 8,
  vector: 9,
  map: 10,
} as const;

/** A position in `TypeOrder`. */
export type TypeOrder = (typeof TypeOrder)[keyof typeof TypeOrder];

const ORDER_OF_KIND: ReadonlyMap<string, TypeOrder> = new Map<Kind, TypeOrder>([
  ["nullValue", TypeOrder.null],
  ["booleanValue", TypeOrder.boolean],
  ["integerValue", TypeOrder.number],
  ["doubleValue", TypeOrder.number],
  ["timestampValue", TypeOrder.timestamp],
  ["stringValue", TypeOrder.string],
  ["bytesValue", TypeOrder.bytes],
  ["referenceValue", TypeOrder.reference],
  ["geoPointValue", TypeOrder.geoPoint],
  ["arrayValue", TypeOrder.array],
  ["mapValue", TypeOrder.map],
]);

/**
 * The name of a value's member.
 *
 * @throws RpcError INVALID_ARGUMENT for none, and for those that only pipelines have.
 */
export function kindOf(value: Value): Kind {
  // A decoded value inherits a default for each kind, which `for … in` would go through as well.
  for (const key of Object.keys(value)) if (isKind(key)) return key;
  throw new RpcError(RpcCode.INVALID_ARGUMENT, "Cannot convert firestore.v1.Value with type unset.");
}

/** The position of a value's type. Vectors are maps on the wire, but come before them. */
export function typeOrder(value: Value): TypeOrder {
  const order = ORDER_OF_KIND.get(kindOf(value)) ?? TypeOrder.map;
  return order === TypeOrder.map && isVector(value) ? TypeOrder.vector : order;
}

export function isNaNValue(value: Value): boolean {
  return Object.hasOwn(value, "doubleValue") && Number.isNaN(value.doubleValue);
}

export function isNullValue(value: Value): boolean {
  return Object.hasOwn(value, "nullValue");
}

/** The elements of an array; none for any other value. */
export function elementsOf(value: Value): readonly Value[] {
  return (Object.hasOwn(value, "arrayValue") && value.arrayValue?.values) || [];
}

/** The fields of a map; undefined for any other value. */
export function mapFieldsOf(value: Value): Fields | undefined {
  return Object.hasOwn(value, "mapValue") ? (value.mapValue?.fields ?? {}) : undefined;
}

/** A vector's dimensions; none if its map doesn't have them. */
export function vectorElements(value: Value): readonly Value[] {
  const fields = mapFieldsOf(value);
  const held = fields && Object.hasOwn(fields, "value") ? fields["value"] : undefined;
  return held ? elementsOf(held) : [];
}

/** Sets a field with any name, in fields under construction. */
export function putField(fields: Record<string, Value>, name: string, value: Value): void {
  if (name !== "__proto__") fields[name] = value;
  else Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true });
}

/** An int64 as a number, rounded beyond 2^53. */
export function toNumber(integer: WireInt64): number {
  return typeof integer === "number" ? integer : Number(toBigInt(integer));
}

/** An exact int64. */
export function toBigInt(integer: WireInt64): bigint {
  if (typeof integer === "number") return BigInt(integer);
  return (BigInt(integer.high) << 32n) | BigInt(integer.low >>> 0);
}

/** An int64 in its stored form: a number if that is exact, else two halves. */
export function wireInt64(integer: bigint): WireInt64 {
  const rounded = Number(integer);
  if (Number.isSafeInteger(rounded)) return rounded;
  return { low: Number(BigInt.asIntN(32, integer)), high: Number(BigInt.asIntN(32, integer >> 32n)), unsigned: false };
}

const MICROS_PER_SECOND = 1_000_000n;
const NANOS_PER_MICRO = 1_000;

/** A timestamp as microseconds since 1970, truncated. */
export function microsOf({ seconds = 0, nanos = 0 }: WireTimestamp): bigint {
  const micros = Math.floor(nanos / NANOS_PER_MICRO);
  // Most are exact as numbers, which take a fraction of the time.
  const rounded = toNumber(seconds) * 1e6 + micros;
  return Number.isSafeInteger(rounded) ? BigInt(rounded) : toBigInt(seconds) * MICROS_PER_SECOND + BigInt(micros);
}

/**
 * A timestamp as microseconds since 1970, where it must be exact: a read time, or a precondition.
 *
 * @throws RpcError INVALID_ARGUMENT when it is finer.
 */
export function exactMicrosOf(timestamp: WireTimestamp): bigint {
  if ((timestamp.nanos ?? 0) % NANOS_PER_MICRO === 0) return microsOf(timestamp);
  throw new RpcError(RpcCode.INVALID_ARGUMENT, "timestamp cannot have more than microseconds precision");
}

/** Microseconds since 1970 as a timestamp. */
export function timestampOf(micros: bigint): WireTimestamp {
  const number = Number(micros);
  if (Number.isSafeInteger(number)) {
    const seconds = Math.floor(number / 1e6);
    return { seconds, nanos: (number - seconds * 1e6) * NANOS_PER_MICRO };
  }
  // BigInt's remainder has the dividend's sign, while nanos count forward even before 1970.
  const rest = ((micros % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND;
  return { seconds: Number((micros - rest) / MICROS_PER_SECOND), nanos: Number(rest) * NANOS_PER_MICRO };
}

/** Decoded fields in their stored form: plain objects, timestamps truncated to microseconds, integers as numbers if that is exact. */
export function normalizeFields(fields: Fields): Fields {
  const normal: Record<string, Value> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value) putField(normal, name, normalizeValue(value));
  }
  return normal;
}

/** A decoded value in its stored form; see `normalizeFields`. */
export function normalizeValue(value: Value): Value {
  const kind = kindOf(value);
  switch (kind) {
    case "integerValue":
      return { integerValue: storedInteger(value.integerValue ?? 0) };
    case "timestampValue":
      return { timestampValue: timestampOf(microsOf(value.timestampValue ?? {})) };
    case "geoPointValue":
      return {
        geoPointValue: { latitude: value.geoPointValue?.latitude ?? 0, longitude: value.geoPointValue?.longitude ?? 0 },
      };
    case "arrayValue":
      return { arrayValue: { values: elementsOf(value).map(normalizeValue) } };
    case "mapValue":
      return { mapValue: { fields: normalizeFields(mapFieldsOf(value) ?? {}) } };
    case "bytesValue":
      return { bytesValue: apart(value.bytesValue ?? NO_BYTES) };
    case "nullValue":
      return { nullValue: 0 };
    case "booleanValue":
    case "doubleValue":
    case "stringValue":
    case "referenceValue":
      return { [kind]: value[kind] };
  }
}

const NO_BYTES = new Uint8Array();

function isKind(key: string): key is Kind {
  return ORDER_OF_KIND.has(key);
}

function isVector(value: Value): boolean {
  const fields = value.mapValue?.fields;
  return fields !== undefined && Object.hasOwn(fields, "__type__") && fields["__type__"]?.stringValue === "__vector__";
}

/** Bytes with memory of their own: decoded ones are part of a whole request, which they would keep in memory. */
function apart(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
}

function storedInteger(integer: WireInt64): WireInt64 {
  return typeof integer === "number" ? integer : wireInt64(toBigInt(integer));
}
