import { FieldValue, Timestamp } from "@google-cloud/firestore";
import type { protos } from "@google-cloud/firestore-api";

export type WireValue = protos.google.firestore.v1.IValue;
type WireTime = protos.google.protobuf.ITimestamp;

/**
 * Encodes a value for the wire. Numbers are stored as Google's client stores them: safe integers as integers.
 *
 * @throws TypeError for a value of a kind that Handoff's documents don't contain.
 */
export function wireValue(value: unknown): WireValue {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { booleanValue: value };
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? { integerValue: value } : { doubleValue: value };
    case "object":
      return value === null ? { nullValue: "NULL_VALUE" } : wireObject(value);
    default:
      throw new TypeError(`Firestore stores no ${typeof value}.`);
  }
}

/** A value that Handoff's documents don't contain, from a later revision or an application. Written as it was read. */
class OtherValue {
  readonly wire: WireValue;

  constructor(wire: WireValue) {
    this.wire = wire;
  }
}

/** Decodes a value from the wire. Integers beyond 2^53 lose digits, as in Google's client. */
function plainValue(wire: WireValue): unknown {
  const { stringValue, integerValue, timestampValue, nullValue, mapValue, arrayValue, booleanValue, doubleValue } =
    wire;
  if (isSet(stringValue)) return stringValue;
  if (isSet(integerValue)) return Number(integerValue);
  if (isSet(timestampValue)) return plainTime(timestampValue);
  if (isSet(nullValue)) return null;
  if (isSet(mapValue)) return plainFields(mapValue.fields ?? {});
  if (isSet(arrayValue)) return (arrayValue.values ?? []).map(plainValue);
  return booleanValue ?? doubleValue ?? new OtherValue(wire);
}

/** Decodes fields from the wire. */
export function plainFields(wire: Readonly<Record<string, WireValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(wire).map(([name, value]) => [name, plainValue(value)]));
}

/** Decodes a time from the wire. */
export function plainTime({ seconds, nanos }: WireTime): Timestamp {
  return new Timestamp(Number(seconds ?? 0), nanos ?? 0);
}

/** Encodes a time for the wire. */
export function wireTime({ seconds, nanoseconds: nanos }: Timestamp): WireTime {
  return { seconds, nanos };
}

/** Whether a value is a map, that is, a plain object. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function wireObject(value: object): WireValue {
  if (value instanceof Timestamp) return { timestampValue: wireTime(value) };
  if (value instanceof OtherValue) return value.wire;
  if (Array.isArray(value)) return { arrayValue: { values: value.map(wireValue) } };
  if (value instanceof FieldValue || !isMap(value)) throw new TypeError("Firestore stores no such object.");
  const fields: Record<string, WireValue> = {};
  for (const [name, item] of Object.entries(value)) fields[name] = wireValue(item);
  return { mapValue: { fields } };
}

function isSet<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
