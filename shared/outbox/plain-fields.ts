import { DocumentReference, GeoPoint, Timestamp, VectorValue } from "@google-cloud/firestore";
import type { Json } from "../contract/any-json.ts";

/** A document's fields as JSON, for the dead letter of an entry that can't be read. Never throws. */
export function plainFields(value: unknown): Json {
  switch (typeof value) {
    case "string":
      return value.toWellFormed();
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "object":
      return value === null ? null : plainObject(value);
    default:
      return String(value);
  }
}

function plainObject(value: object): Json {
  if (Array.isArray(value)) return value.map(plainFields);
  if (value instanceof Timestamp) return value.toDate().toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof DocumentReference) return value.path;
  if (value instanceof GeoPoint) return { latitude: value.latitude, longitude: value.longitude };
  if (value instanceof VectorValue) return value.toArray().map(plainFields);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plainFields(field)]));
}
