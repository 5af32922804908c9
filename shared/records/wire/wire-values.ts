import { FieldValue, Timestamp } from "@google-cloud/firestore";
import type { protos } from "@google-cloud/firestore-api";

export type WireValue = protos.google.firestore.v1.IValue;

/**
 * A value as it goes over the wire. Numbers are stored as Google's client stores them: safe integers as integers.
 *
 * @throws TypeError for what Handoff's documents don't hold.
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

/** A time as it goes over the wire. */
export function wireTime({ seconds, nanoseconds: nanos }: Timestamp): protos.google.protobuf.ITimestamp {
  return { seconds, nanos };
}

/** Whether a value holds others by their names. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function wireObject(value: object): WireValue {
  if (value instanceof Timestamp) return { timestampValue: wireTime(value) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(wireValue) } };
  if (value instanceof FieldValue || !isMap(value)) throw new TypeError("Firestore stores no such object.");
  const fields: Record<string, WireValue> = {};
  for (const [name, item] of Object.entries(value)) fields[name] = wireValue(item);
  return { mapValue: { fields } };
}
